import { useMutation, useQueryClient } from '@tanstack/react-query'

/** A change of the own account, which is read again afterwards. */
export function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ['account'] }),
  })
}
