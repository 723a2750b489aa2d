const SHELLS = /^(?:ba|da|z|k|a|fi|c|tc|mk)?sh$/
const INTERPRETERS = /^(?:python|perl|ruby|php|node|nodejs|lua|tclsh|java|osascript|wish|expect)[\d.]*$/

/** Whether a program's name is that of a Unix shell: `sh`, `bash`, `zsh`, `fish`, … */
export function isShell(program: string): boolean {
  return SHELLS.test(program)
}

/** Whether a program, shells aside, runs the code in the file it is given: `python3.11`, `perl`, `node`, `osascript`, … */
export function isInterpreter(program: string): boolean {
  return INTERPRETERS.test(program)
}

/** Whether code stands among the arguments (`sh -c`, `python -c`, `perl -ne`, `php -r`): operands are then its arguments. */
export function isGivenCode(program: string, args: readonly string[]): boolean {
  const flag = isShell(program) ? /^-[a-z]*c$/ : /^-[a-zA-Z]*[ceEr]$/
  return args.some(word => flag.test(word))
}
