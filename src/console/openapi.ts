import * as z from 'zod'
import type { ConsoleDeps, Route } from './route.ts'
import { refusalShape } from './shapes.ts'

/** An OpenAPI 3.1 document; loose, because it is made from schemas and read by machines. */
export type OpenApi = {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string }
  readonly servers: readonly { readonly url: string }[]
  readonly security: readonly unknown[]
  readonly components: Readonly<Record<string, unknown>>
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Describes the routes by the very schemas that judge requests and type replies. */
export function openApi(routes: readonly Route[], deps: Pick<ConsoleDeps, 'name' | 'version'>): OpenApi {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = openApiPath(route.path)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: `${deps.name} API`, version: deps.version },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Refusal: jsonSchema(refusalShape, 'output') },
    },
    paths,
  }
}

/** `/hosts/:id` in OpenAPI's spelling: `/hosts/{id}`. */
export function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}')
}

function operation(route: Route): object {
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[/:]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.method === 'POST' && {
      requestBody: { required: false, content: json(jsonSchema(route.body, 'input')) },
    }),
    responses: {
      200: { description: 'As asked.', content: json(jsonSchema(route.answers, 'output')) },
      default: { description: 'Refused.', content: json({ $ref: '#/components/schemas/Refusal' }) },
    },
  }
}

function parameters(place: 'path' | 'query', object: z.ZodObject): object[] {
  return Object.entries(object.shape).map(([name, schema]) => {
    const { description, ...rest } = jsonSchema(schema, 'input')
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}

/** OpenAPI 3.1 takes JSON Schema of 2020-12 as it is; the `$schema` of each part would only repeat it. */
function jsonSchema(schema: z.core.$ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' })
  return rest
}
