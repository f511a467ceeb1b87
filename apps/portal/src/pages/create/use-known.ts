import { useFleet } from '../../queries/fleet.ts'
import { useOfferedSizes } from '../../queries/offered-sizes.ts'
import type { Draft } from './draft.ts'
import type { Known } from './faults.ts'
import { useImageChoices } from './image-choices.ts'

/** What the service says of what was chosen. */
export function useKnown(draft: Draft): Known {
  const { choices } = useImageChoices()
  const sizes = useOfferedSizes(draft)
  const fleet = useFleet()
  const is = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  const taken = fleet.data?.find(
    ({ name, resourceGroup }) => is(name, draft.name) && is(resourceGroup, draft.group),
  )
  return {
    image: choices.find(({ value }) => value === draft.image) ?? null,
    size: sizes.data?.find(({ name }) => name === draft.size) ?? null,
    // One that failed to be made is tried again.
    isTaken: taken !== undefined && taken.provisioningState !== 'Failed',
  }
}
