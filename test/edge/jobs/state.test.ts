/** A job as the API shows it, and its next step, at every stage. */
import { expect, describe as group, test } from 'vitest';
import { JOB_LIMITS } from '../../../edge/http/limits.ts';
import { DAY, describe, dueAt, HOUR, newState, restoreState, SECOND, type State } from '../../../edge/jobs/state.ts';

const CREATED = Date.parse('2026-11-23T07:00:00Z');
const labels = ['negative', 'neutral', 'positive'];
const whole = newState({ id: 'a', owner: undefined, type: 'text/csv', labels }, undefined, CREATED);
const parts = { id: 'a', owner: 'key', type: 'text/csv', labels, bytes: 3 * JOB_LIMITS.partBytes } as const;
const inParts = newState(parts, 'upload', CREATED);
const running: State = { ...whole, state: 'running', bytes: 1_000, started: CREATED, split: true, chunks: 4, sent: 4 };
const finished: State = { ...running, state: 'finished', ended: CREATED + HOUR, expires: CREATED + 7 * DAY };

group('the next step is due', () => {
  const now = CREATED + 5 * SECOND;
  test.each<[string, State, number, number]>([
    ['after a day, for a file that never comes', whole, 0, CREATED + DAY],
    ['after a day, for a part that never comes', inParts, 1, CREATED + DAY],
    ['at once, when the last part is there', inParts, 0, now],
    ['at once, while the file is not split to its end', { ...running, split: false }, 0, now],
    ['at once, while messages are not sent', { ...running, sent: 3 }, 0, now],
    ['a minute after nothing happened', running, 0, CREATED + 60 * SECOND],
    ['eight minutes after the third redelivery', { ...running, redeliveries: 3 }, 0, CREATED + 480 * SECOND],
    ['at once, to clean up', finished, 0, now],
    ['when it expires', { ...finished, cleanedUp: true }, 0, CREATED + 7 * DAY],
    ['later, after it failed', { ...running, split: false, failedAlarms: 3 }, 0, now + 4 * SECOND],
    ['an hour later at most', { ...finished, failedAlarms: 30 }, 0, now + HOUR],
  ])('%s', (_, job, missing, due) => {
    expect(dueAt(job, missing, now)).toBe(due);
  });
});

group('a job', () => {
  test('shows that sentences were requested', () => {
    const job = newState({ id: 'a', owner: undefined, type: 'text/csv', labels, sentences: true }, undefined, CREATED);
    expect(describe(job, [], CREATED)).toMatchObject({ sentences: true });
    expect(describe(whole, [], CREATED)).not.toHaveProperty('sentences');
  });

  test('that waits for parts lists the missing ones', () => {
    expect(describe(inParts, [2, 3], CREATED)).toEqual({
      id: 'a',
      state: 'uploading',
      type: 'text/csv',
      labels,
      created: '2026-11-23T07:00:00.000Z',
      expires: '2026-11-30T07:00:00.000Z',
      bytes: 3 * JOB_LIMITS.partBytes,
      upload: { partBytes: JOB_LIMITS.partBytes, missing: [2, 3] },
      records: { found: 0, done: 0, failed: 0 },
      progress: 0,
      models: [],
      failures: [],
    });
  });

  test('that runs has its progress, its rate and the time left', () => {
    const records = { found: 80, done: 20, failed: 1 };
    const job = describe({ ...running, settledBytes: 250, records }, [], CREATED + 10 * SECOND);
    expect(job).toMatchObject({ progress: 0.25, recordsPerSecond: 2, secondsLeft: 30, records });
    expect(job).not.toHaveProperty('upload');
  });

  test('without progress has no rate', () => {
    const job = describe(running, [], CREATED + 10 * SECOND);
    expect(job).not.toHaveProperty('recordsPerSecond');
    expect(job).not.toHaveProperty('secondsLeft');
  });

  test('that has ended keeps its progress and its rate', () => {
    const records = { found: 36, done: 36, failed: 0 };
    const job = describe({ ...finished, settledBytes: 990, records }, [], CREATED + DAY);
    expect(job).toMatchObject({ progress: 1, recordsPerSecond: 0.01 });
    expect(job).not.toHaveProperty('secondsLeft');
  });

  test('of a version without labels has none', () => {
    const { labels: _, ...old } = whole;
    const { labels: __, ...described } = describe(whole, [], CREATED);
    expect(describe(old, [], CREATED)).toEqual(described);
  });

  test('stored by version 0.2 is read under its new names', () => {
    const { lastProgressAt: moved, redeliveries, failedAlarms, cleanedUp, ...same } = running;
    const stored = { ...same, moved, reminders: 2, troubles: 3, tidied: true };
    expect([redeliveries, failedAlarms, cleanedUp]).toEqual([0, 0, false]);
    expect(restoreState(stored)).toEqual({ ...running, redeliveries: 2, failedAlarms: 3, cleanedUp: true });
    expect(restoreState(running)).toBe(running);
  });

  test('does not reveal its owner or its storage', () => {
    expect(JSON.stringify(describe(inParts, [1], CREATED))).not.toMatch(/owner|key|"upload"$|uploadId/);
  });
});
