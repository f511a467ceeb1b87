import { readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { StoreError } from '../domain/store.ts'

export interface PostgresOptions {
  /** `postgres://user@host:port/database`, or `postgres://user@%2Frun%2Fpostgresql/database` for a socket. */
  readonly url: string
  /** A file that its owner alone can read. Without: peer authentication, or a client certificate of the server's choice. */
  readonly passwordFile?: string
}

export interface Connection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string }
  /** Asked when the server asks. */
  readonly password: () => string
}

const known = ['host', 'user', 'sslmode', 'sslrootcert']
const local = ['localhost', '127.0.0.1', '[::1]']

/**
 * Where the database is. Nothing is taken from the environment, and no password from the URL: others can
 * read a command line. Another machine is reached by TLS, its certificate verified.
 * @throws {StoreError} `store-unavailable`: the URL is none, or asks for something else; others can read the file.
 */
export function connectionOf({ url, passwordFile }: PostgresOptions): Connection {
  const parsed = URL.parse(url)
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw refused('the database is given as postgres://user@host/database')
  const { searchParams: said } = parsed
  if (passwordFile !== undefined) requirePrivate(passwordFile)
  if (parsed.password !== '' || said.has('password'))
    throw refused('a password does not belong in a URL: put it into a file that you alone can read')
  for (const name of said.keys())
    if (!known.includes(name)) throw refused(`${name} is not known in a database's URL`)
  const user = said.get('user') ?? (decoded(parsed.username) || userInfo().username)
  const host = said.get('host') ?? (decoded(parsed.hostname) || '/run/postgresql')
  return {
    host,
    port: Number(parsed.port || 5432),
    user,
    database: decoded(parsed.pathname.slice(1)) || user,
    ssl: sslOf(host, said.get('sslmode'), said.get('sslrootcert')),
    password: () => passwordIn(passwordFile),
  }
}

function sslOf(host: string, mode: string | null, root: string | null): Connection['ssl'] {
  const isNear = host.startsWith('/') || local.includes(host)
  if (mode === 'disable' && isNear) return false
  if (mode === null && isNear && root === null) return false
  if (mode !== null && mode !== 'verify-full')
    throw refused(`sslmode=${mode} does not verify who answers: leave it out, or say verify-full`)
  return {
    rejectUnauthorized: true,
    ...(root !== null && { ca: readFileSync(root, 'utf8') }),
  }
}

function passwordIn(file: string | undefined): string {
  if (file === undefined)
    throw refused('the database asks for a password: name the file in which it is')
  requirePrivate(file)
  return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
}

function requirePrivate(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw refused(`there is no ${file}: it is to hold the password`)
  if ((stat.mode & 0o077) !== 0)
    throw refused(`others can read ${file}: it holds a password (chmod 600)`)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refused('the URL of the database has a % that stands for nothing')
  }
}

function refused(message: string): StoreError {
  return new StoreError('store-unavailable', message)
}
