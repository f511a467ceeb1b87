import { setImmediate as turn } from 'node:timers/promises'
import type { Claim, Claimed, Store, Tables } from '../domain/store.ts'
import { type Access, TransactionAccess } from './access.ts'
import { AttestationTable } from './attestations.ts'
import { AuditTable } from './audit.ts'
import { backUp } from './backup.ts'
import { ClaimedOperation } from './claimed.ts'
import { DeliveryTable } from './deliveries.ts'
import type { Engine } from './engine.ts'
import { EventTable } from './events.ts'
import { figuresOf } from './figures.ts'
import { LeaseTable } from './leases.ts'
import { OperationTable } from './operations.ts'
import { PrincipalTable } from './principals.ts'
import { proofsOf } from './proofs.ts'
import { ResourceTable } from './resources.ts'
import type { Database } from './schema.ts'
import { freeTurns, TurnTable } from './turns.ts'
import { ValueTable } from './values.ts'
import { WriteQueue } from './write-queue.ts'

/** The store of an engine whose database has its tables. */
export function storeOn(engine: Engine): Store {
  const queue = new WriteQueue(engine)
  const told = <T>(done: Promise<T>): Promise<T> =>
    done.catch((error) => {
      throw engine.told(error)
    })
  const within = <T>(work: (access: Access) => Promise<T>): Promise<T> =>
    told(queue.run((database) => scoped(new TransactionAccess(engine.words, database), work)))
  const access: Access = {
    words: engine.words,
    known: null,
    read: (work) => told(engine.embedded ? inTurn(work(engine.database)) : work(engine.database)),
    write: (work) => told(queue.run(work)),
    single: (work) => told(engine.embedded ? queue.run(work) : work(engine.database)),
  }
  return {
    ...tablesOf(access),
    transaction: (work) => within((access) => work(tablesOf(access))),
    under<T>(claim: Claim, work: (tables: Tables & { readonly claimed: Claimed }) => Promise<T>) {
      return within(async (access) => {
        const claimed = await ClaimedOperation.hold(access, claim)
        return work({ ...tablesOf(access), claimed })
      })
    },
    figures: (types, at) => access.read((database) => figuresOf(database, engine.words, types, at)),
    proofs: (since) => access.read((database) => proofsOf(database, engine.words, since)),
    freeAll: () => access.write(freeAll),
    backup: (path) => told(backUp(engine, path)),
    close: () => engine.close(),
  }
}

async function freeAll(database: Database): Promise<void> {
  await database.updateTable('leases').set({ until: 0 }).execute()
  await database
    .updateTable('operations')
    .set({ lease_until: 0 })
    .where('ended_at', 'is', null)
    .execute()
  await freeTurns(database)
}

/** Who reads page after page lets the rest of the process have its turn in between. */
async function inTurn<T>(done: Promise<T>): Promise<T> {
  const value = await done
  await turn()
  return value
}

async function scoped<T>(
  access: TransactionAccess,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  try {
    return await work(access)
  } finally {
    access.close()
  }
}

function tablesOf(access: Access): Tables {
  return {
    resources: new ResourceTable(access),
    operations: new OperationTable(access),
    leases: new LeaseTable(access),
    audit: new AuditTable(access),
    principals: new PrincipalTable(access),
    values: new ValueTable(access),
    attestations: new AttestationTable(access),
    turns: new TurnTable(access),
    events: new EventTable(access),
    deliveries: new DeliveryTable(access),
  }
}
