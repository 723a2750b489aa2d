import * as z from 'zod'
import type { Exception } from '../detect/exception.ts'
import type { Routing } from '../detect/routing.ts'
import type { Rule } from '../detect/rule.ts'
import type { Sequence } from '../detect/sequence.ts'
import type { World } from '../env.ts'
import type { Refusal } from './reply.ts'

/** What the API shows that is not in a store: the registry, and what is running. */
export interface ConsoleDeps {
  readonly rules: readonly Rule[]
  readonly sequences: readonly Sequence[]
  readonly exceptions: readonly Exception[]
  readonly routing: Routing
  readonly name: string
  readonly version: string
}

/** What a route may use. */
export interface Surroundings {
  readonly world: World
  readonly deps: ConsoleDeps
  /** For `/openapi.json`, which describes them. */
  readonly routes: readonly Route[]
}

/** What came with a request, not yet judged. */
interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** `{}` for GET and for an empty body. */
  readonly body: unknown
}

export type Answer<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly refusal: Refusal }

/** One route, as the app mounts it and as OpenAPI describes it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below `/api/v1`, in Hono's spelling: `/hosts/:id`. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly body: z.ZodObject
  readonly answers: z.ZodType
  answer(asked: Asked, surroundings: Surroundings): Promise<Answer<unknown>>
}

const nothing = z.strictObject({})
type Nothing = typeof nothing

/** What a route's file says. Parameters that it doesn't name are refused. */
interface RouteDefinition<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodObject,
  A extends z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly summary: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly answers: A
  run(
    input: { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> },
    surroundings: Surroundings,
  ): Promise<Answer<z.input<A>>> | Answer<z.input<A>>
}

/** Makes a route whose `run` gets what was asked only once it fits the schemas. */
export function route<
  A extends z.ZodType,
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(definition: RouteDefinition<P, Q, B, A>): Route {
  const { method, path, summary, answers } = definition
  // Without a schema of its own a route has the type Nothing for it, by the defaults of the type parameters.
  const params = definition.params ?? (nothing as unknown as P)
  const query = definition.query ?? (nothing as unknown as Q)
  const body = definition.body ?? (nothing as unknown as B)
  return {
    method,
    path,
    summary,
    params,
    query,
    body,
    answers,
    async answer(asked, surroundings) {
      const twice = repeated(asked.query)
      if (twice !== undefined) return refuse('invalid_parameter', 'is given more than once', twice)
      const judged = {
        params: params.safeParse(asked.params),
        query: query.safeParse(Object.fromEntries(asked.query)),
        body: body.safeParse(asked.body),
      }
      if (!judged.params.success) return refuse('invalid_parameter', ...fault(judged.params.error))
      if (!judged.query.success) return refuseQuery(judged.query.error)
      if (!judged.body.success) return refuse('invalid_body', ...fault(judged.body.error))
      return definition.run(
        { params: judged.params.data, query: judged.query.data, body: judged.body.data },
        surroundings,
      )
    },
  }
}

/** An answer. */
export function found<Body>(body: Body): Answer<Body> {
  return { ok: true, body }
}

/** No answer, and why. */
export function refuse(code: Refusal['code'], message: string, field?: string): Answer<never> {
  return { ok: false, refusal: { code, message, ...(field === undefined ? {} : { field }) } }
}

/** The cursor is not one that this list gave. */
export function refuseCursor(): Answer<never> {
  return refuse('invalid_parameter', 'is not a cursor of this list', 'cursor')
}

function repeated(query: URLSearchParams): string | undefined {
  return [...query.keys()].find((name, index, names) => names.indexOf(name) < index)
}

function refuseQuery(error: z.ZodError): Answer<never> {
  const isUnknown = error.issues[0]?.code === 'unrecognized_keys'
  return refuse(isUnknown ? 'unknown_parameter' : 'invalid_parameter', ...fault(error))
}

/** Longer names of fields are not ours. */
const FIELD_MAX_CHARACTERS = 64

/** What is wrong first, and the field it is in. Never quotes a value: it may be a secret in the wrong place. */
function fault(error: z.ZodError): [message: string, field: string] {
  const issue = error.issues[0]
  const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
  const message =
    issue?.code === 'unrecognized_keys' ? 'is not known here' : (issue?.message ?? 'is not valid')
  return [message, (field ?? '').slice(0, FIELD_MAX_CHARACTERS)]
}
