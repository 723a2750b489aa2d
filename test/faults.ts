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

const LOST = 'Network connection lost.'

/** The D1 methods that reach the database. */
const D1_CALLS = new Set(['batch', 'exec', 'first', 'run', 'all', 'raw'])

/**
 * A D1 database that fails by plan. Each `batch` is one call, as is each statement run by itself. Statements made by it
 * may be given to its `batch`.
 */
export function failingD1(db: D1Database, plan: FaultPlan): Faulty<D1Database> {
  const counter = new CallCounter(plan)
  const originals = new WeakMap<object, D1PreparedStatement>()
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'bind') return (...values: unknown[]) => wrapStatement(target.bind(...values))
        if (!D1_CALLS.has(String(name))) return member.bind(target)
        return (...args: unknown[]) => counter.call(() => Reflect.apply(member, target, args))
      },
    })
    originals.set(wrapped, statement)
    return wrapped
  }
  const store = new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => wrapStatement(target.prepare(sql))
      if (name === 'batch') {
        return (statements: D1PreparedStatement[]) =>
          counter.call(() => target.batch(statements.map(statement => originals.get(statement) ?? statement)))
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store, calls: () => counter.calls }
}

/** An R2 bucket that fails by plan; every method is one call. */
export function failingR2(bucket: R2Bucket, plan: FaultPlan): Faulty<R2Bucket> {
  const counter = new CallCounter(plan)
  const store = new Proxy(bucket, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => counter.call(() => Reflect.apply(member, target, args))
    },
  })
  return { store, calls: () => counter.calls }
}

class CallCounter {
  calls = 0
  readonly #plan: FaultPlan

  constructor(plan: FaultPlan) {
    this.#plan = plan
  }

  async call(effect: () => Promise<unknown>): Promise<unknown> {
    const { failAt, lasting = false, after = false } = this.#plan
    const index = this.calls
    this.calls += 1
    const fails = index === failAt || (lasting && index > failAt)
    if (!fails) return effect()
    if (after) await effect()
    throw new Error(LOST)
  }
}
