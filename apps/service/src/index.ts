export { StoreError } from './domain/store.ts'
export { faultOf } from './http/fault-of.ts'
