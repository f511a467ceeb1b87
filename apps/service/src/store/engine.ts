import type { Database } from './schema.ts'

/** One database system: what differs between the two stands behind this. */
export interface Engine {
  readonly name: 'SQLite' | 'PostgreSQL'
  readonly words: Words
  /** It runs in this process: one write at a time, single statements too, and its answers come at once. */
  readonly embedded: boolean
  /** What is committed; where it is a server, single statements too. */
  readonly database: Database
  /**
   * One at a time, among all processes that use the database: what it reads no other transaction changes.
   * Durable once it resolves.
   * @throws {StoreError} `store-busy`
   */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** A moment of the whole database, however long it takes to read it. */
  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** An error of the database as `StoreError`; any other as it is. */
  told(error: unknown): unknown
  close(): Promise<void>
}

/** What the two databases call differently. */
export interface Words {
  /** Column type of text, compared byte by byte. */
  readonly text: string
  readonly integer: string
  readonly bytes: string
  /** Ends a query whose rows are held until the transaction ends. */
  readonly hold: string
  /** The same, passing over rows that somebody else holds. */
  readonly holdFree: string
  /** The member of a column of JSON text (`alert.type`: of a member of it), as text; a string maybe with its quotes. */
  readonly member: (column: string, name: string) => string
  /** The elements of a column of JSON text that is a list, as rows whose column is `value`. */
  readonly elements: (column: string) => string
  /** Statements after which rows of a table are neither changed nor deleted. */
  readonly appendOnly: (table: string) => readonly string[]
}
