import { keyOf } from '@trusted-launch/api'
import { sql } from 'kysely'
import { type Claim, type Claimed, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'
import { tellOperation } from './events.ts'
import { toJson } from './json.ts'

/** An operation in the hands of its worker, for as long as a transaction lasts. */
export class ClaimedOperation implements Claimed {
  readonly #access: Access
  readonly #claim: Claim

  private constructor(access: Access, claim: Claim) {
    this.#access = access
    this.#claim = claim
  }

  /** Nobody takes it over until the transaction ends. @throws {StoreError} `store-cut-off` */
  static async hold(access: Access, claim: Claim): Promise<ClaimedOperation> {
    const held = await access.read((database) =>
      database
        .selectFrom('operations')
        .select('epoch')
        .where('id', '=', keyOf(claim.operation.id))
        .where('owner', '=', claim.owner)
        .where('epoch', '=', claim.epoch)
        .where('ended_at', 'is', null)
        .modifyEnd(sql.raw(access.words.hold))
        .executeTakeFirst(),
    )
    if (held === undefined) throw cutOff(claim)
    return new ClaimedOperation(access, claim)
  }

  async progress({ percent, step, progress }: Parameters<Claimed['progress']>[0]): Promise<void> {
    const columns = {
      ...(percent !== undefined && { percent }),
      ...(step !== undefined && { step }),
      ...(progress !== undefined && { progress: toJson(progress) }),
    }
    if (Object.keys(columns).length > 0) await this.#set(columns)
  }

  async finish(end: Parameters<Claimed['finish']>[0], at: number): Promise<void> {
    await this.#set({
      status: end.status,
      result: end.result === undefined ? null : toJson(end.result),
      error: end.error === undefined || end.error === null ? null : toJson(end.error),
      ended_at: at,
      lease_until: 0,
      ...(end.status === 'Succeeded' && { percent: 100 }),
    })
    const { operation } = this.#claim
    await this.#access.write((database) => tellOperation(database, operation, end.status, at))
  }

  async #set(columns: Readonly<Record<string, string | number | null>>): Promise<void> {
    const { numUpdatedRows } = await this.#access.write((database) =>
      database
        .updateTable('operations')
        .set(columns)
        .where('id', '=', keyOf(this.#claim.operation.id))
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow(),
    )
    if (numUpdatedRows === 0n) throw cutOff(this.#claim)
  }
}

function cutOff({ operation, owner, epoch }: Claim): StoreError {
  const what = `${owner} (epoch ${epoch}) does not hold the operation ${operation.id} any more`
  return new StoreError('store-cut-off', what)
}
