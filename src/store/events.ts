import { jsonArrays } from './json-rows.ts'

/**
 * Keeps events hot. An event that is there already stays as it was.
 * @param jsons  events as `hotJson` makes them
 * @returns as many statements as D1's limit on a parameter asks for, for one batch
 */
export function insertEvents(db: D1Database, jsons: Iterable<string>): D1PreparedStatement[] {
  return jsonArrays(jsons).map(array => db.prepare(INSERT_EVENTS).bind(array))
}

const INSERT_EVENTS = `
  INSERT INTO events (p_row_id, p_event_time, p_parse_time, p_host_id, p_log_type, name, action, p_pack, p_query,
    p_table, event)
  SELECT value->>'p_row_id', value->>'p_event_time', value->>'p_parse_time', value->>'p_host_id',
    value->>'p_log_type', value->>'name', value->>'action', value->>'p_pack', value->>'p_query', value->>'p_table',
    value
  FROM json_each(?1) WHERE true
  ON CONFLICT DO NOTHING`
