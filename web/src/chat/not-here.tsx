import { open } from '../route.ts'
import { Button } from '../ui/button.tsx'

/** For an address that names a conversation which this browser does not have. */
export function NotHere() {
  return (
    <div className="safe-x mx-auto flex max-w-md flex-1 flex-col items-start justify-center">
      <h1 className="font-serif text-2xl font-semibold">This conversation is not here</h1>
      <p className="mt-2 text-soft">
        Conversations are kept in the browser in which they were held. It was deleted, or held somewhere else
        or by somebody else.
      </p>
      <Button look="primary" className="mt-5" onClick={() => open(null)}>
        New chat
      </Button>
    </div>
  )
}
