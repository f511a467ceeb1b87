import { Button } from '@fluentui/react-components'
import { AddRegular, DeleteRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { TextField } from '../../components/text-field.tsx'
import { useTexts } from '../../texts/texts.ts'
import { usePartStyles } from './part-styles.ts'
import { without } from './without.ts'

interface Told {
  readonly claims: readonly string[]
}
export type Audiences = Readonly<Record<string, Told>>

interface Given {
  readonly of: Audiences
  readonly onChange: (audiences: Audiences) => void
}

/** What tokens tell some audiences beside what everybody is told. */
export function AudienceRows({ of, onChange }: Given) {
  const { plans: words } = useTexts().govern
  const styles = usePartStyles()
  const [name, call] = useState('')
  const add = name.trim()
  return (
    <fieldset className={styles.part}>
      <legend>{words.audiences}</legend>
      {Object.entries(of).map(([audience, told]) => (
        <One
          key={audience}
          audience={audience}
          of={told}
          onTell={(claims) => onChange({ ...of, [audience]: { claims } })}
          onRemove={() => onChange(without(of, audience))}
        />
      ))}
      <div className={styles.new}>
        <TextField
          label={words.audience}
          hint={words.audienceHint}
          value={name}
          max={256}
          onType={call}
        />
        <Button
          icon={<AddRegular />}
          disabled={add === '' || Object.hasOwn(of, add)}
          onClick={() => {
            onChange({ ...of, [add]: { claims: [] } })
            call('')
          }}
        >
          {words.addAudience}
        </Button>
      </div>
    </fieldset>
  )
}

function One(given: {
  audience: string
  of: Told
  onTell: (claims: readonly string[]) => void
  onRemove: () => void
}) {
  const { audience, of, onTell, onRemove } = given
  const { plans: words } = useTexts().govern
  const styles = usePartStyles()
  /** As it is typed, with what will be the next one's comma. */
  const [text, type] = useState(of.claims.join(', '))
  return (
    <div className={styles.told}>
      <TextField
        label={words.claimsFor(audience)}
        value={text}
        onType={(text) => {
          type(text)
          onTell(text.split(',').flatMap((one) => one.trim() || []))
        }}
      />
      <Button
        appearance="subtle"
        icon={<DeleteRegular />}
        aria-label={words.remove(audience)}
        onClick={onRemove}
      />
    </div>
  )
}
