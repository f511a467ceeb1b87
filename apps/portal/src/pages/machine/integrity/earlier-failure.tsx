import { MessageBar, MessageBarActions, MessageBarBody, Text } from '@fluentui/react-components'
import { useState } from 'react'
import { MayButton } from '../../../components/may-button.tsx'
import { ReasonDialog } from '../../../components/reason-dialog.tsx'
import { Failed } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { useClearFailure, useFailure } from '../../../queries/integrity.ts'
import type { Machine } from '../../../queries/machine.ts'
import { useTexts } from '../../../texts/texts.ts'

/** The failure that counts until somebody clears it, for a reason; nothing where there is none. */
export function EarlierFailure({ machine }: { machine: Machine }) {
  const { boot } = useTexts()
  const failure = useFailure(machine.id).data
  const clear = useClearFailure(machine.id)
  const [isAsking, ask] = useState(false)
  if (failure === undefined || failure === null) return null
  return (
    <>
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>
          <Text>
            {boot.failedAt} <Time at={failure.time} />.
          </Text>{' '}
          {boot.failedAdvice}
        </MessageBarBody>
        <MessageBarActions>
          <MayButton
            needs={{ action: 'TrustedLaunch/evidence/clearFailure/action', scope: machine.id }}
            isBusy={clear.isPending}
            onClick={() => ask(true)}
          >
            {boot.clearFailure}
          </MayButton>
        </MessageBarActions>
      </MessageBar>
      {clear.isError && <Failed error={clear.error} />}
      {isAsking && (
        <ReasonDialog
          question={boot.clearAsk(machine.name)}
          verb={boot.clearFailure}
          onNo={() => ask(false)}
          onYes={(reason) => {
            clear.mutate(reason)
            ask(false)
          }}
        />
      )}
    </>
  )
}
