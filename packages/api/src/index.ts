export { ArmError, errorBody, type Fault } from './fault.ts'
export { faults } from './faults.ts'
export { keyOf, nameOf, parseResourceId, type ResourceId, typeOf } from './resource-id.ts'
