import { concat, encode } from '@trusted-launch/codec'
import {
  databaseOf,
  decodeSignatureDatabase,
  missingSignatures,
  SignatureDatabase,
} from '@trusted-launch/uefi'
import type { FirmwareKeyDriver, FirmwareKeys } from '../../src/domain/host/firmware-keys.ts'
import type { Deeds } from './state.ts'

const NOTHING = new Uint8Array(0)
const NO_KEYS: FirmwareKeys = { KEK: NOTHING, db: NOTHING, dbx: NOTHING }

/** Firmware that is its keys. */
export const firmwareKeys: Deeds<FirmwareKeyDriver> = {
  async firmwareKeys(id) {
    if (this.vms.get(id)?.plan.generation === 'V1') return null
    return this.firmware.get(id) ?? this.script.firmwareKeys ?? NO_KEYS
  },

  async refusesWith() {
    return this.script.refuses ?? null
  },

  async addFirmwareKeys(plan, more, signal) {
    await this.begin('addFirmwareKeys', plan.id, signal)
    const held = (await this.firmwareKeys(plan.id))!
    const databases = {
      KEK: decodeSignatureDatabase(held.KEK),
      db: decodeSignatureDatabase(held.db),
      dbx: decodeSignatureDatabase(held.dbx),
    }
    const missing = missingSignatures(databases, more)
    const bytes = (list: keyof FirmwareKeys) =>
      concat(held[list], encode(SignatureDatabase, databaseOf(missing[list])))
    const keys = { KEK: bytes('KEK'), db: bytes('db'), dbx: bytes('dbx') }
    this.firmware.set(plan.id, keys)
    return keys
  },

  async lacksForUefi() {
    return this.script.lacks ?? []
  },
}
