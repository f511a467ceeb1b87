import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { LOCK } from '../../domain/locks.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type Extending, extendingPage, madeAt } from './extending.ts'

const LEVELS = ['CanNotDelete', 'ReadOnly']
const NOTES_MAX = 512

/** What nobody may at a scope and below, whatever their roles. */
export const locks: Extending = {
  type: LOCK,
  model: 'ManagementLock',
  check: async (properties) => {
    const given = keyOf(textAt(properties, 'level') ?? '')
    const level = LEVELS.find((one) => keyOf(one) === given)
    if (level === undefined) throw new ArmError(faults.invalidParameter('level'))
    if ((textAt(properties, 'notes') ?? '').length > NOTES_MAX)
      throw new ArmError(faults.invalidParameter('notes'))
    return { ...properties, level }
  },
  list: (ground, scope, request) => {
    const { $filter = '' } = request.query
    if (!/^(?:atScope\(\))?$/i.test($filter.trim()))
      throw new ArmError(faults.invalidFilter($filter))
    return extendingPage(request, madeAt(ground, LOCK, scope))
  },
}
