import { makeStyles, Text, tokens } from '@fluentui/react-components'
import { Copyable } from '../../../components/copyable.tsx'
import { useTexts } from '../../../texts/texts.ts'
import type { PartGiven } from './parts.tsx'

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
})

/** How anybody makes the verdict again, without this service. */
export function CheckYourself({ machine, boot }: PartGiven) {
  const { boot: texts } = useTexts()
  const commands = [
    `curl -O ${location.origin}/attestation/signers.pem -O ${location.origin}/attestation/anchors.pem`,
    `npx tl appraise ${machine.name}-${boot.id}.json --key signers.pem --anchor anchors.pem`,
  ]
  return (
    <div className={useStyles().list}>
      <Text>{texts.checkLead}</Text>
      {commands.map((command) => (
        <Copyable key={command} text={command} />
      ))}
      <Text>{texts.checkEnds}</Text>
    </div>
  )
}
