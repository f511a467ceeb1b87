import { Text } from '@fluentui/react-components'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Failed, Loading } from '../../components/states.tsx'
import { useHidden } from '../../queries/suppression.ts'
import { useTexts } from '../../texts/texts.ts'
import { HiddenList } from './hidden-list.tsx'

/** What a rule kept from being told. */
export function HiddenDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { suppression } = useTexts().govern
  const hidden = useHidden(name)
  return (
    <FormDialog title={`${suppression.hid}: ${name}`} onNo={onClose}>
      {hidden.isPending && <Loading />}
      {hidden.isError && <Failed error={hidden.error} retry={hidden.refetch} />}
      {hidden.data?.length === 0 && <Text>{suppression.hidNothing}</Text>}
      {hidden.data !== undefined && hidden.data.length > 0 && (
        <HiddenList of={hidden.data} count={hidden.data.length} />
      )}
    </FormDialog>
  )
}
