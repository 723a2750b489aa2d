import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { consoleApp } from './app.ts'
import { openApi, openApiPath } from './openapi.ts'
import { ROUTES } from './routes.ts'

const deps = {
  name: 'margay',
  version: '1.2.3',
  rules: [],
  sequences: [],
  exceptions: [],
  routing: routing({ destinations: [] }),
}
const document = openApi(ROUTES, deps)

/** The app only has to be built here, so it gets no world but its settings. */
const app = consoleApp({ settings: { adminToken: null } } as World, deps)

describe('the OpenAPI document', () => {
  it('describes every route that the app mounts below /api/v1, and no other', () => {
    const mounted = app.routes
      .filter(({ path, method }) => path.startsWith('/api/v1/') && method !== 'ALL')
      .map(({ path, method }) => `${method} ${openApiPath(path.slice('/api/v1'.length))}`)
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    )
    expect(described.toSorted()).toEqual(mounted.toSorted())
    expect(described.length).toBe(ROUTES.length)
  })

  it('leaves out no route that has a file', async () => {
    const files = globSync('src/console/routes/*.ts').filter(file => !file.includes('.test.'))
    const modules = await Promise.all(files.map(file => import(/* @vite-ignore */ resolve(file))))
    const exported = modules.flatMap(module => Object.values(module))
    expect(exported.length).toBeGreaterThanOrEqual(files.length)
    expect(new Set(exported)).toEqual(new Set(ROUTES))
  })

  it('gives every operation a name of its own and every path parameter a place', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map(operation => ({ path, operation: operation as Operation })),
    )
    const names = operations.map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const { path, operation } of operations) {
      const inPath = operation.parameters
        .filter(parameter => parameter.in === 'path')
        .map(({ name }) => `{${name}}`)
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath)
    }
  })

  it('is made of schemas that are JSON Schema 2020-12', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    const schemas = [...schemasIn(document)]
    expect(schemas.length).toBeGreaterThan(3 * ROUTES.length)
    for (const schema of schemas) expect(() => ajv.compile(withRefusal(schema))).not.toThrow()
  })
})

/** What these tests look at of an operation. */
interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly in: string; readonly name: string }[]
}

/** Every value under a key `schema`. */
function* schemasIn(node: unknown): Generator<object> {
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    if (key === 'schema' && typeof value === 'object' && value !== null) yield value
    else yield* schemasIn(value)
  }
}

/** Gives a reference to the document's components something to point at. */
function withRefusal(schema: object): object {
  return { ...schema, components: document.components }
}
