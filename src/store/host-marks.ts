/** What an operator says of a host. It outlives every enrollment. */

/**
 * Sets the class that a person chose for a host; empty leaves it to tags and guesses again. Stands in the batch with its
 * line of the audit. A host that is not there is not made.
 */
export function setHostClass(db: D1Database, hostId: string, chosen: string): D1PreparedStatement {
  return db.prepare('UPDATE hosts SET class = ?2 WHERE host_id = ?1').bind(hostId, chosen)
}

/**
 * Puts these tags in the place of all that an operator gave before. The label of the enroll secret stays a tag, whether or
 * not it is among them: enrolling puts it there, and takes it away when the host comes back under another.
 */
export function setHostTags(db: D1Database, hostId: string, tags: readonly string[]): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE hosts SET tags = (
         SELECT json_group_array(tag) FROM (
           SELECT value AS tag FROM json_each(?2)
           UNION SELECT enroll_label WHERE enroll_label <> '' ORDER BY 1
         )
       ) WHERE host_id = ?1`,
    )
    .bind(hostId, JSON.stringify(tags))
}
