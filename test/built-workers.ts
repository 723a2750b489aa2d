import type { TestProject } from 'vitest/node'
import { THREE_DESTINATIONS } from './bad-server/stage.ts'
import { buildWorker } from './real-worker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the Worker lies that was built for all tests of the project. */
    builtWorker: string
  }
}

/** Builds the Worker once for all files of a project: as it is for what is measured, else with a routing of three destinations. */
export default async function setup(project: TestProject): Promise<() => void> {
  const built = await buildWorker(project.name === 'storm' ? undefined : THREE_DESTINATIONS)
  project.provide('builtWorker', built.directory)
  return () => built.remove()
}
