import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type LimitNode,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  ValueNode,
} from 'kysely'
import { storable } from './storable.ts'

const STATEMENTS_MAX = 500

/** `node:sqlite` as Kysely speaks to it. */
export function dialectOf(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new Driver({ database: new Statements(database) }),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new Compiler(),
  }
}

/** A limit that is bound makes SQLite prepare the statement anew at each call: it may have chosen its plan by it. */
class Compiler extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    const { limit } = node
    if (ValueNode.is(limit) && Number.isSafeInteger(limit.value))
      this.append(`limit ${limit.value}`)
    else super.visitLimit(node)
  }
}

/** A transaction that may write says so at once: one that reads first could not go on to write. */
class Driver extends SqliteDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: { accessMode?: string },
  ): Promise<void> {
    const how = settings?.accessMode === 'read only' ? 'deferred' : 'immediate'
    await connection.executeQuery(CompiledQuery.raw(`begin ${how}`))
  }
}

/** `node:sqlite` as Kysely wants it; a statement is prepared once. */
class Statements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Statement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  prepare(sql: string): Statement {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = new Statement(this.#database.prepare(sql))
    if (this.#prepared.size >= STATEMENTS_MAX) this.#prepared.clear()
    this.#prepared.set(sql, statement)
    return statement
  }

  close(): void {
    this.#database.close()
  }
}

class Statement {
  readonly reader: boolean
  readonly #statement: StatementSync

  constructor(statement: StatementSync) {
    this.#statement = statement
    this.reader = statement.columns().length > 0
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...(storable(parameters) as never[]))
  }

  run(parameters: readonly unknown[]) {
    return this.#statement.run(...(storable(parameters) as never[]))
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...(storable(parameters) as never[]))
  }
}
