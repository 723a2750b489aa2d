/**
 * Files that hold keys and passwords, by the manuals of the programs they belong to: the end of their path. What ssh and
 * the shells read themselves all day is told by the program that reads, not by the file.
 */
export const SECRET_FILES = {
  checked: '2026-11-24',
  endings: [
    '/etc/shadow',
    '/etc/gshadow',
    '/etc/master.passwd',
    '/.aws/credentials',
    '/.azure/accessTokens.json',
    '/.azure/msal_token_cache.json',
    '/gcloud/credentials.db',
    '/gcloud/access_tokens.db',
    '/gcloud/application_default_credentials.json',
    '/.kube/config',
    '/.docker/config.json',
    '/.git-credentials',
    '/.netrc',
    '/.pgpass',
    '/.npmrc',
    '/.pypirc',
    '/.vault-token',
    '/.ssh/id_rsa',
    '/.ssh/id_dsa',
    '/.ssh/id_ecdsa',
    '/.ssh/id_ed25519',
    '/etc/kubernetes/admin.conf',
    '/Cookies',
    '/Login Data',
    '/logins.json',
    '/key4.db',
    '/login.keychain-db',
    '/wallet.dat',
    '/var/run/secrets/kubernetes.io/serviceaccount/token',
    '/run/secrets/kubernetes.io/serviceaccount/token',
  ],
} as const
