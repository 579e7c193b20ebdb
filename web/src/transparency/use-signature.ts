import { useQuery } from '@tanstack/react-query'
import { parseLogKey, signedText } from '../log/note.ts'

/** Whether a note is signed by a key; null while nobody knows. */
export function useSignature(note: string, key: string | null): boolean | null {
  const { data } = useQuery({
    queryKey: ['signature', key, note],
    enabled: key !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    async queryFn() {
      const parsed = await parseLogKey(key ?? '')
      return parsed !== null && (await signedText(note, parsed)) !== null
    },
  })
  return data ?? null
}
