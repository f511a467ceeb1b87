import { Text } from '@fluentui/react-components'
import { Copyable } from '../../components/copyable.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Properties } from '../../components/properties.tsx'
import type { NewSecret } from '../../queries/access.ts'
import { useTexts } from '../../texts/texts.ts'

/** A secret, shown this once: nothing of the page keeps it. */
export function SecretDialog({ of, onClose }: { of: NewSecret; onClose: () => void }) {
  const { access: words } = useTexts().govern
  return (
    <FormDialog title={words.newSecret} onNo={onClose}>
      <Text>{words.secretOnce}</Text>
      <Properties
        of={[
          [words.clientId, <Copyable key="id" text={of.clientId} />],
          [words.newSecret, <Copyable key="secret" text={of.secret} />],
        ]}
      />
    </FormDialog>
  )
}
