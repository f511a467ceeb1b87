import { AddRegular } from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { useGroups } from '../queries/place.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'
import { MayButton } from './may-button.tsx'

/** The way to a new virtual machine, for who may make one anywhere. */
export function CreateButton() {
  const { machines } = useTexts()
  const navigate = useNavigate()
  const { id } = useSubscription()
  const groups = useGroups().data ?? []
  const scope = groups.length === 0 ? id : groups.map((group) => group.id)
  return (
    <MayButton
      appearance="primary"
      icon={<AddRegular />}
      needs={{ action: 'Microsoft.Compute/virtualMachines/write', scope }}
      onClick={() => navigate({ to: paths.createMachine })}
    >
      {machines.create}
    </MayButton>
  )
}
