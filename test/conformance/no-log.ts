/** Posts of other people's data that hold no log lines (enrollments and config requests), by file, as line numbers. */
export const NO_LOG: Readonly<Record<string, readonly number[]>> = {
  'doorman/tls_bodies.ndjson': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  'fleet/enroll_bodies.ndjson': [1, 2, 3],
  // Enroll, config, distributed write, and three posts whose data is null.
  'fleet/tls_bodies.ndjson': [1, 2, 3, 4, 7, 8, 9],
  'queryops/tls_bodies.ndjson': [1, 2, 3, 4, 5, 6, 7, 10, 11, 12],
  'zentral/tls_bodies.ndjson': [4, 5, 6, 7, 8, 9],
}
