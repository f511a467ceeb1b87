import { useState } from 'react'
import { Choice } from '../../components/choice.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useNewPrincipal } from '../../queries/access.ts'
import { useTexts } from '../../texts/texts.ts'
import { SecretDialog } from './secret-dialog.tsx'

const PASSWORD_MIN = 12

/** Somebody new: a person with a password, or a program, whose secret is shown this once. */
export function PrincipalDialog({ onClose }: { onClose: () => void }) {
  const { access: words } = useTexts().govern
  const [kind, choose] = useState('user')
  const [signInName, call] = useState('')
  const [displayName, show] = useState('')
  const [password, secure] = useState('')
  const made = useNewPrincipal()
  if (made.data != null) return <SecretDialog of={made.data} onClose={onClose} />
  const isUser = kind === 'user'
  const isNamed = [signInName, displayName].every((text) => text.trim() !== '')
  const mayNot = made.isPending || !isNamed || (isUser && password.length < PASSWORD_MIN)
  const make = () =>
    made.mutate(
      { kind, signInName, displayName, ...(isUser && { password }) },
      { onSuccess: (secret) => secret === null && onClose() },
    )
  return (
    <FormDialog
      title={words.newPrincipal}
      verb={words.save}
      needs={{ action: 'TrustedLaunch/principals/write', scope: '/' }}
      mayNot={mayNot}
      error={made.error}
      onYes={make}
      onNo={onClose}
    >
      <Choice
        label={words.kind}
        value={kind}
        of={(['user', 'service'] as const).map((one) => [one, words.kinds[one]!] as const)}
        onChoose={choose}
      />
      <TextField label={words.displayName} value={displayName} required max={256} onType={show} />
      <TextField label={words.signInName} value={signInName} required max={256} onType={call} />
      {isUser && (
        <TextField
          label={words.password}
          type="password"
          value={password}
          required
          hint={words.passwordHint}
          max={1024}
          onType={secure}
        />
      )}
    </FormDialog>
  )
}
