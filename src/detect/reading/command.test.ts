import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commandsOf, hasOption, isProgram, runs } from './command.ts'

/** Program and arguments of each command, as one word list. */
const words = (line: string) => commandsOf(line).map(({ program, args }) => [program, ...args].join(' '))

describe('commandsOf', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['   # nothing', []],
    ['ls -l', ['ls -l']],
    ['/usr/bin/curl -s x', ['curl -s x']],
    ['-bash', ['bash']],
    ['a; b && c || d & e', ['a', 'b', 'c', 'd', 'e']],
    ['a | b |& c', ['a', 'b', 'c']],
    ['(a; b) | { c; d; }', ['a', 'b', 'c', 'd']],
    ['if a; then b; else c; fi', ['a', 'b', 'c']],
    ['A=1 B="x y" c', ['c']],
    ['echo "$(a `b`)" <(c)', ['echo $() <()', 'a ``', 'c', 'b']],
    ["sh -c 'a; b'", ['sh -c a; b', 'a', 'b']],
    ['bash -lc \'sudo sh -c "a b"\'', ['bash -lc sudo sh -c "a b"', 'sh -c a b', 'a b']],
    ['eval a "b;" c', ['eval a b; c', 'a b', 'c']],
    ["su - www -c 'a b'", ['su - www -c a b', 'a b']],
    ["trap 'a b' EXIT", ['trap a b EXIT', 'a b']],
    ['watch -d a b', ['watch -d a b', 'a b']],
    ['sh -c curl http://x', ['sh -c curl http://x', 'curl http://x']],
    ["sh -c exec 'a b'", ['sh -c exec a b', 'a b']],
    [`bash -c "curl $(hostname) | sh"`, ['bash -c curl $() | sh', 'hostname', 'curl $()', 'sh']],
    [
      `osascript -e 'do shell script "curl -s \\"x y\\" | sh" with prompt "a"'`,
      ['osascript -e do shell script "curl -s \\"x y\\" | sh" with prompt "a"', 'curl -s x y', 'sh'],
    ],
    [
      'osascript -e do shell script "curl x | sh" with administrator privileges',
      ['osascript -e do shell script curl x | sh with administrator privileges', 'curl x', 'sh'],
    ],
    [
      "find . -exec a {} \\; -o -execdir sh -c 'b c' sh {} +",
      ['find . -exec a {} ; -o -execdir sh -c b c sh {} +', 'a {}', 'sh -c b c sh {}', 'b c'],
    ],
    ['find . -name x -exec rm {}', ['find . -name x -exec rm {}', 'rm {}']],
    ['c\'\'ur\\l "x"', ['curl x']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    ['curl${IFS}x$IFS-s', ['curl x -s']],
    ["$'\\x63\\165rl' $'it\\'s'", ["curl it's"]],
    ['a \\\n b', ['a b']],
    ['a "\\n \\" \\$"', ['a \\n " $']],
    ['"a', ['a']],
  ])('%s', (line, commands) => {
    expect(words(line)).toEqual(commands)
  })

  it.each<[string, string, string]>([
    ['sudo job x', 'sudo', 'job x'],
    ['sudo -nu www -- job x', 'sudo', 'job x'],
    ['sudo -uroot job x', 'sudo', 'job x'],
    ['sudo --user www -E A=1 job x', 'sudo', 'job x'],
    ['sudo --user=www job x', 'sudo', 'job x'],
    ['/usr/bin/sudo /usr/bin/env -i -u B A=1 job x', 'sudo env', 'job x'],
    ['doas -u www job x', 'doas', 'job x'],
    ['nice -n 5 ionice -c2 -n 7 job x', 'nice ionice', 'job x'],
    ['nice -5 job x', 'nice', 'job x'],
    ['timeout -s KILL --kill-after 5 10m job x', 'timeout', 'job x'],
    ['timeout -- 10 job x', 'timeout', 'job x'],
    ['nohup setsid -f stdbuf -oL time -p job x', 'nohup setsid stdbuf time', 'job x'],
    ['xargs -0 -n 1 -I {} job x', 'xargs', 'job x'],
    ['xargs -I{} --max-procs 4 job x', 'xargs', 'job x'],
    ['busybox job x', 'busybox', 'job x'],
    ['command job x', 'command', 'job x'],
    ['exec -a name job x', 'exec', 'job x'],
    ['builtin exec job x', 'builtin exec', 'job x'],
    ['aws-vault exec --duration 1h prod -- job x', 'aws-vault', 'job x'],
    ['flock -w 5 /var/lock/a job x', 'flock', 'job x'],
    ['systemd-run --unit=a -p User=www job x', 'systemd-run', 'job x'],
    ['strace -f -e trace=file job x', 'strace', 'job x'],
    ['taskset 0x1 chroot /srv job x', 'taskset chroot', 'job x'],
  ])('%s: looks through what stands around the program', (line, wrappers, command) => {
    expect(commandsOf(line)[0]?.wrappers.join(' ')).toBe(wrappers)
    expect(words(line)).toEqual([command])
  })

  it.each([
    'sudo -l job',
    'sudo -i',
    'command -v job',
    'env',
    'nohup',
    'xargs',
    'time',
    'aws-vault login prod',
    'ionice -p 12',
    'strace -p 12',
    '/tmp/sudo job',
    './env job',
  ])('%s: runs nothing else', line => {
    expect(commandsOf(line).map(({ wrappers, path }) => [...wrappers, path])).toEqual([[line.split(' ')[0]]])
  })

  it('tells command lines in options of wrappers', () => {
    expect(words("flock -n /l -c 'a b'")).toEqual(['flock -n /l -c a b', 'a b'])
    expect(words("env -S 'a b'")).toEqual(['env -S a b', 'a b'])
    expect(words('env --split-string="a b"')).toEqual(['env --split-string=a b', 'a b'])
  })

  it('keeps assignments, inputs and pipes', () => {
    expect(commandsOf('A=1 env B=2 a < f | b')).toMatchObject([
      { program: 'a', assignments: ['A=1', 'B=2'], reads: ['f'], piped: false },
      { program: 'b', assignments: [], reads: [], piped: true },
    ])
    expect(commandsOf('export A=1; B=2')).toMatchObject([
      { program: 'export', assignments: ['A=1'] },
      { program: '', path: '', assignments: ['B=2'] },
    ])
  })

  const word = fc.string({ unit: 'grapheme', maxLength: 12 })
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

  it('gives back every argument that is quoted as the shell wants it', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), args => {
        expect(commandsOf(['job', ...args.map(quoted)].join(' '))[0]?.args).toEqual(args)
      }),
    )
  })

  it('finds the same program behind any wrappers', () => {
    const wrapper = fc.constantFrom(
      'sudo',
      'sudo -u www',
      'env A=1',
      'nohup',
      'nice -n 5',
      '/usr/bin/timeout 10',
      'stdbuf -oL',
      'xargs -n1',
      'B=2',
      'busybox',
    )
    fc.assert(
      fc.property(fc.array(wrapper, { maxLength: 6 }), fc.array(word, { maxLength: 3 }), (wrappers, args) => {
        const line = [...wrappers, '/opt/job', ...args.map(quoted)].join(' ')
        expect(commandsOf(line)[0]).toMatchObject({ program: 'job', path: '/opt/job', args })
      }),
    )
  })

  it('never throws, whatever the text', () => {
    const shellish = fc.string({
      unit: fc.constantFrom(
        ...'$()`\'"\\|&;<>#\n =/-{}',
        'sh',
        ' -c ',
        'env ',
        'sudo ',
        'find -exec ',
        'done',
        'if ',
      ),
      maxLength: 100,
    })
    fc.assert(
      fc.property(fc.oneof(shellish, fc.string({ unit: 'binary' })), text => commandsOf(text).length >= 0),
    )
  })
})

describe('runs', () => {
  it.each([
    ['sudo /usr/bin/python3.11 x.py', true],
    ["sh -c 'exec python'", true],
    ['ls | xargs python2', true],
    ['grep python log', false],
    ['echo "python"', false],
    ['cat python', false],
    ['pythonic', false],
    ['', false],
  ])('%s: python %s', (line, is) => {
    expect(runs(line, 'ruby', 'python')).toBe(is)
  })

  it('says the same as reading the whole line does', () => {
    const piece = fc.constantFrom(
      'curl',
      'cu',
      'rl',
      "'",
      '"',
      '\\',
      '$IFS',
      "$'\\x63",
      ' ',
      '|',
      ';',
      'sh -c ',
      '2',
      '\n',
      'env ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
        const line = pieces.join('')
        const is = runs(line, 'curl')
        expect(is).toBe(commandsOf(line).some(command => isProgram(command, 'curl')))
      }),
      { numRuns: 500 },
    )
  })

  it('takes names with digits as they are', () => {
    expect(runs('base64 -d', 'base64')).toBe(true)
    expect(runs('base32 -d', 'base64')).toBe(false)
  })
})

describe('hasOption', () => {
  it.each([
    ['nc -lvnp 1', true],
    ['nc --listen 1', true],
    ['nc -p 1 -l', true],
    ['nc --listen=1', true],
    ['nc -listen', true],
    ['nc -v', false],
    ['nc l listen', false],
    ['nc --local', false],
  ])('%s: -l or --listen %s', (line, is) => {
    expect(commandsOf(line).some(command => hasOption(command, 'l', 'listen'))).toBe(is)
  })
})
