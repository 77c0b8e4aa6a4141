import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { notify } from '../components/notify.ts';
import { sentence } from '../components/problem-note.tsx';
import { texts } from '../texts.ts';

interface Options<Answer, Input> {
  /** what is said when it is done; nothing where it returns null */
  readonly done?: (answer: Answer, input: Input) => string | null;
  /** whose answers are out of date afterwards */
  readonly stale: readonly string[];
  readonly onDone?: (answer: Answer, input: Input) => void;
}

/** Something that a button does: says that it is done or why it is not, and asks anew for what it changed. */
export function useAction<Answer, Input = void>(
  run: (input: Input) => Promise<Answer>,
  { done, stale, onDone }: Options<Answer, Input>,
): UseMutationResult<Answer, Error, Input> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (answer, input) => {
      const title = done?.(answer, input) ?? null;
      if (title !== null) notify({ title });
      onDone?.(answer, input);
    },
    onError: (error) => notify({ title: texts.failed, detail: sentence(error.message), isDanger: true }),
    onSettled: () => Promise.all(stale.map((name) => client.invalidateQueries({ queryKey: [name] }))),
  });
}
