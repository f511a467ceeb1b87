import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'

/** Why the tests want it, for set-up to ask. */
export const postgresPackage = { postgresql: 'the other database of the control plane' }

/** PostgreSQL does not run as root: then it is its own account's. */
const account = userInfo().uid === 0 ? 'postgres' : userInfo().username

/** A user who needs the password; everybody else is believed, behind a folder that is the account's alone. */
const authentication = 'local all secret scram-sha-256\nlocal all all trust\n'

/** A PostgreSQL of one's own in a temporary folder: one socket, no port; it ends with who started it. */
export class PostgresCluster {
  readonly #folder: string
  readonly #server: ChildProcess
  #count = 0

  private constructor(folder: string, server: ChildProcess) {
    this.#folder = folder
    this.#server = server
  }

  /** @param settings of the server, over its defaults: it writes to the disk unless told otherwise. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresCluster> {
    const [bin] = globSync('/usr/lib/postgresql/*/bin').sort().reverse()
    if (bin === undefined) throw new Error('there is no PostgreSQL on this machine')
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
    const data = join(folder, 'data')
    if (userInfo().uid === 0) chownSync(folder, idOf('-u'), idOf('-g'))
    const made = spawnSync('setpriv', [
      ...[...as(), join(bin, 'initdb'), '--pgdata', data, '--username', 'owner'],
      ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync', '--auth', 'trust'],
    ])
    if (made.status !== 0) throw new Error(String(made.stderr))
    writeFileSync(join(data, 'pg_hba.conf'), authentication)
    const options = { listen_addresses: '', unix_socket_directories: folder, ...settings }
    const said = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = spawn(
      'setpriv',
      [...as(), '--pdeathsig', 'INT', join(bin, 'postgres'), '-D', data, ...said],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C.UTF-8' } },
    )
    await ready(server)
    return new PostgresCluster(folder, server)
  }

  /** The URL of a new database. */
  async database(): Promise<string> {
    const name = `d${++this.#count}`
    await this.run('postgres', `create database ${name}`)
    return this.url(name)
  }

  url(database: string, user = 'owner'): string {
    return `postgres://${user}@${encodeURIComponent(this.#folder)}/${database}`
  }

  /** Runs statements as the owner. */
  async run(database: string, statements: string): Promise<void> {
    const client = new pg.Client({ host: this.#folder, user: 'owner', database })
    await client.connect()
    try {
      await client.query(statements)
    } finally {
      await client.end()
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, 'exit')
    this.#server.kill('SIGINT')
    await ended
    rmSync(this.#folder, { recursive: true })
  }
}

function as(): readonly string[] {
  if (userInfo().uid !== 0) return []
  return ['--reuid', account, '--regid', account, '--clear-groups']
}

function idOf(which: '-u' | '-g'): number {
  return Number(spawnSync('id', [which, account], { encoding: 'utf8' }).stdout)
}

async function ready(server: ChildProcess): Promise<void> {
  const lines: string[] = []
  for await (const line of createInterface({ input: server.stderr! })) {
    lines.push(line)
    if (line.includes('ready to accept connections')) {
      server.stderr!.resume()
      return
    }
  }
  throw new Error(`PostgreSQL does not start:\n${lines.join('\n')}`)
}
