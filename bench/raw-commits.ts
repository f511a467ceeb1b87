import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** One row of 1.5 KB a commit, on the disk before the next, by the client library alone. */
export interface RawCommits {
  oneByOne(count: number): Promise<void>
  atOnce(count: number, connections: number): Promise<void>
  close(): Promise<void>
}

const table = 'create table raw (id text primary key, body text)'
const body = 'x'.repeat(1500)

/** SQLite has one writer: at once is one by one. */
export async function rawSqlite(path: string): Promise<RawCommits> {
  const database = new DatabaseSync(path)
  database.exec(`pragma journal_mode = wal; pragma synchronous = full; ${table}`)
  const insert = database.prepare('insert into raw values (?, ?)')
  const oneByOne = async (count: number) => {
    for (let i = 0; i < count; i++) insert.run(randomUUID(), body)
  }
  return { oneByOne, atOnce: oneByOne, close: async () => database.close() }
}

export async function rawPostgres(url: string, connections: number): Promise<RawCommits> {
  const { username: user, hostname, pathname } = new URL(url)
  const where = { user, host: decodeURIComponent(hostname), database: pathname.slice(1) }
  const clients = Array.from({ length: connections }, () => new pg.Client(where))
  await Promise.all(clients.map((client) => client.connect()))
  await clients[0]!.query(table)
  const insert = { name: 'insert', text: 'insert into raw values ($1, $2)' }
  const run = async (client: pg.Client, more: () => boolean) => {
    while (more()) await client.query({ ...insert, values: [randomUUID(), body] })
  }
  const spread = async (count: number, over: readonly pg.Client[]) => {
    let left = count
    await Promise.all(over.map((client) => run(client, () => left-- > 0)))
  }
  return {
    oneByOne: (count) => spread(count, clients.slice(0, 1)),
    atOnce: (count, connections) => spread(count, clients.slice(0, connections)),
    close: async () => {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}
