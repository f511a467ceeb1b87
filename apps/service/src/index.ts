export { StoreError } from './domain/store.ts'
export { believedFirmware, learnWhereUnknown } from './driver/firmware.ts'
export { faultOf } from './http/fault-of.ts'
export { openStore, type StoreOptions } from './store/open.ts'
