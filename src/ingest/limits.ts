/** Every cap of the ingest room, what happens at it, and why it has its value. */

/**
 * Inflated bytes up to which a post takes one `JSON.parse`. Worst JSON (`[{},{},…`) grows about twenty-fold as objects,
 * so this bounds a post at some 20 MB; a default osquery post (1,024 lines of 430 bytes) is well below. Larger posts
 * go through the scanner, record by record.
 */
export const SMALL_POST_BYTES = 1024 * 1024

/** Inflated bytes of one post; the rest is rejected. Far above what flags we prescribe allow (250 lines of 1 MiB at most compress below Cloudflare's 100 MB, but never in practice). */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024

/**
 * Beyond `BOMB_FLOOR_BYTES`, a post that inflates more than this many times its size is taken for a bomb and cut off.
 * osquery posts shrink 3 to 8 times; the same line a thousand times over shrinks about 100 times; gzip's limit is 1,032.
 */
export const BOMB_RATIO = 256
export const BOMB_FLOOR_BYTES = 4 * 1024 * 1024

/**
 * Bytes of a sealed post, compressed: more than any accepted one has (16 MiB), for the same text compresses about as well
 * again. Only text made to be compressed in one way and not in ours grows; beyond this the rest is cut off.
 */
export const MAX_SEALED_BYTES = 18 * 1024 * 1024

/** Bytes of one record. osquery skips lines over `logger_tls_max_linesize` (1 MiB unless raised) by itself. Over it: rejected alone, or with the rest of the post when it does not end soon. */
export const MAX_RECORD_BYTES = 8 * 1024 * 1024

/** Records of one post; the rest is rejected. 64 MiB of ordinary lines are 150,000; what has more costs time, not memory. */
export const MAX_RECORDS_PER_POST = 200_000

/**
 * Bytes without a record after which a post is given up: the largest record, and then some. A bomb is mostly this, and
 * what is inflated lies in memory until the runtime collects it.
 */
export const MAX_BYTES_BETWEEN_RECORDS = MAX_RECORD_BYTES + 4 * 1024 * 1024

/** Damaged bytes held at once to look for intact lines in them; a line across two such parts is lost. */
export const MAX_DAMAGE_BYTES = 2 * 1024 * 1024

/** JSON values (roughly: commas and opening brackets) in one record: bounds what a hostile record costs as objects. Over it: rejected alone. */
export const MAX_RECORD_VALUES = 400_000

/** Rows of one snapshot or batch. A line of 1 MiB holds at most some 50,000 real rows. Over it: rejected alone. */
export const MAX_ROWS_PER_RECORD = 100_000

/** Records and bytes of text in one decoded chunk. */
export const MAX_CHUNK_RECORDS = 1_000
export const MAX_CHUNK_BYTES = 1024 * 1024

/** Bytes kept of what is rejected. */
export const MAX_REJECTION_BYTES = 1024 * 1024

/** Byte steps spent on finding intact records behind a damaged one, as a multiple of the damaged bytes. Over it: the rest is rejected whole. */
export const SALVAGE_EFFORT = 16

/** Query names remembered with their pack, query and table. Cleared at the cap; a fleet has some hundreds. */
export const MAX_STREAMS = 4_096

/** Longest query name remembered; longer ones are resolved anew each time. */
export const MAX_STREAM_NAME_CHARS = 1_024

/** Column sets remembered over all queries. Cleared at the cap. */
export const MAX_ROW_PLANS = 2_000

/** Characters of all column names of a remembered column set; larger sets are planned anew each time. */
export const MAX_ROW_PLAN_CHARS = 4_096

/** Sets of top-level keys remembered. Cleared at the cap; osquery has some ten. */
export const MAX_RECORD_SHAPES = 256

/** IPv6 spellings remembered. Cleared at the cap. */
export const MAX_ADDRESSES = 4_096

/** Distinct lines of one post told apart when counting repeats (3 MB). Beyond it repeats share one row id, as a resent line does. */
export const MAX_COUNTED_LINES = 131_072

/** Indicators taken from one value (lists, command lines), and the longest value that is looked into. */
export const MAX_INDICATORS_PER_VALUE = 16
export const MAX_INDICATOR_TEXT_CHARS = 65_536
