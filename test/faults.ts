/** Which calls of a faulty store fail. Calls count from 0, over all methods together. */
export interface FaultPlan {
  /** The only call that fails, or with `from` the first of those that do. */
  readonly failAt: number
  /** Every later call fails too: an outage instead of a hiccup. */
  readonly lasting?: boolean
  /** The effect takes place and then the answer is lost; otherwise nothing happens. */
  readonly after?: boolean
}

/** A store that fails by plan, and how often it was called. */
export interface Faulty<Store> {
  readonly store: Store
  readonly calls: () => number
}

/** What becomes of one call: it works, nothing happens but an error, or it takes effect and the answer is lost. */
export type Fate = 'works' | 'fails' | 'unheard'

const LOST = 'Network connection lost.'

/** The D1 methods that reach the database. */
const D1_CALLS = new Set(['batch', 'exec', 'first', 'run', 'all', 'raw'])

/**
 * A D1 database that fails by plan. Each `batch` is one call, as is each statement run by itself. Statements made by it
 * may be given to its `batch`.
 */
export function failingD1(db: D1Database, plan: FaultPlan): Faulty<D1Database> {
  const { fate, calls } = plannedFates(plan)
  return { store: fatedD1(db, fate), calls }
}

/** An R2 bucket that fails by plan; every method is one call. */
export function failingR2(bucket: R2Bucket, plan: FaultPlan): Faulty<R2Bucket> {
  const { fate, calls } = plannedFates(plan)
  return { store: fatedR2(bucket, fate), calls }
}

/** The same with a fate for each call. */
export function fatedD1(db: D1Database, fate: () => Fate): D1Database {
  const originals = new WeakMap<object, D1PreparedStatement>()
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'bind') return (...values: unknown[]) => wrapStatement(target.bind(...values))
        if (!D1_CALLS.has(String(name))) return member.bind(target)
        return (...args: unknown[]) => meet(fate(), () => Reflect.apply(member, target, args))
      },
    })
    originals.set(wrapped, statement)
    return wrapped
  }
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => wrapStatement(target.prepare(sql))
      if (name === 'batch') {
        return (statements: D1PreparedStatement[]) =>
          meet(fate(), () => target.batch(statements.map(statement => originals.get(statement) ?? statement)))
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** The same with a fate for each call. */
export function fatedR2(bucket: R2Bucket, fate: () => Fate): R2Bucket {
  return new Proxy(bucket, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => meet(fate(), () => Reflect.apply(member, target, args))
    },
  })
}

/** A queue that takes messages or not, with a fate for each call. */
export function fatedQueue<Body>(queue: Queue<Body>, fate: () => Fate): Queue<Body> {
  return {
    send: (...args) => meet(fate(), () => queue.send(...args)),
    sendBatch: (...args) => meet(fate(), () => queue.sendBatch(...args)),
    metrics: () => queue.metrics(),
  }
}

async function meet<T>(fate: Fate, effect: () => Promise<T>): Promise<T> {
  if (fate === 'works') return await effect()
  if (fate === 'unheard') await effect()
  throw new Error(LOST)
}

function plannedFates({ failAt, lasting = false, after = false }: FaultPlan) {
  let calls = 0
  return {
    calls: () => calls,
    fate: (): Fate => {
      const index = calls
      calls += 1
      const fails = index === failAt || (lasting && index > failAt)
      return fails ? (after ? 'unheard' : 'fails') : 'works'
    },
  }
}
