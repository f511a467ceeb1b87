import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components'
import { useTexts } from '../texts/texts.ts'

/** The session is over: what is on the page stays to be read, and nothing more is done. */
export function Ended() {
  const { signIn } = useTexts()
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{signIn.ended}</DialogTitle>
          <DialogActions>
            <Button appearance="primary" onClick={() => location.reload()}>
              {signIn.again}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
