/** Shows the facts of the server's model. */
import { counted } from '../../../shared/counted.ts';
import { percent } from '../wording.ts';
import type { Model } from './api.ts';
import { byId, element } from './dom.ts';

export function showModel({ id, version, architecture, files, metrics, training, maxTokens }: Model): void {
  const megabytes = (Object.values(files).reduce((sum, file) => sum + file.bytes, 0) / 1e6).toFixed(1);
  const measured = metrics['test'] ?? metrics['validation'];
  const { parameters, units, cell } = architecture;
  byId('model').replaceChildren(
    ...(measured
      ? [
          figure(
            'Accuracy',
            percent(measured.accuracy),
            `of ${measured.reviews.toLocaleString('en')} texts it had never seen`,
          ),
        ]
      : []),
    figure(
      'Size',
      `${megabytes} MB`,
      `${parameters.toLocaleString('en')} parameters, ${units} ${cell.toUpperCase()} units`,
    ),
    figure('Reads', `${maxTokens} words`, 'the last of a longer text'),
    figure('Version', version, id),
  );
  byId('trained').textContent = `It was trained on ${counted(training.reviews, 'text')} of ${training.dataset}.`;
  byId('weights-size').textContent = `Fetches about ${megabytes} MB, once.`;
}

function figure(name: string, value: string, remark: string): HTMLElement {
  return element(
    'div',
    {},
    element('dt', {}, name),
    element('dd', { class: 'value' }, value),
    element('dd', { class: 'remark' }, remark),
  );
}
