import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

export type ReadArguments<Options extends ParseArgsOptionsConfig> =
  | { readonly ok: true; readonly values: Values<Options> }
  | { readonly ok: false; readonly reason: string }

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; strict: true }>
>['values']

/** Reads `--name value` arguments. What is unknown or lacks its value is named in `reason`. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
): ReadArguments<Options> {
  try {
    const { values } = parseArgs({ args, options, strict: true })
    return { ok: true, values }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** A whole number between the bounds, or null. */
export function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : null
}
