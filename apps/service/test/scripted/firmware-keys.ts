import { concat, encode } from '@trusted-launch/codec'
import {
  databaseOf,
  decodeSignatureDatabase,
  missingSignatures,
  plainVariable,
  SignatureDatabase,
  VARIABLES,
  VariableStore,
} from '@trusted-launch/uefi'
import type { FirmwareKeyDriver, FirmwareKeys } from '../../src/domain/host/firmware-keys.ts'
import type { Deeds } from './state.ts'

const NOTHING = new Uint8Array(0)
const NO_KEYS: FirmwareKeys = { KEK: NOTHING, db: NOTHING, dbx: NOTHING }

interface Keys {
  /** What the firmware of a VM has of keys now. */
  firmwareKeys(id: string): FirmwareKeys
}

/** Firmware that is its keys, and what else a test puts into its store. */
export const firmwareKeys: Deeds<FirmwareKeyDriver & Keys> = {
  async variables(id) {
    const vm = this.vms.get(id)
    if (vm === undefined || vm.plan.generation === 'V1') return null
    const keys = Object.entries(this.firmwareKeys(id)).filter(([, { length }]) => length > 0)
    return keys.reduce(
      (store, [name, data]) =>
        store.with(plainVariable(VARIABLES[name as keyof FirmwareKeys], data)),
      this.script.variables ?? new VariableStore(),
    )
  },

  firmwareKeys(id) {
    return this.firmware.get(id) ?? this.script.firmwareKeys ?? NO_KEYS
  },

  async refusesWith() {
    return this.script.refuses ?? null
  },

  async addFirmwareKeys(plan, more, signal) {
    await this.begin('addFirmwareKeys', plan.id, signal)
    const held = this.firmwareKeys(plan.id)
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
