// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace o2lab {

/// Comfort only: the page says everything without it.
inline constexpr char html_script[] = R"js(
'use strict';
const button = document.getElementById('copy');
if (button) {
  const command = document.getElementById('command');
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(command);
      button.textContent = document.execCommand('copy') ? 'Copied' : 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
}
const only = document.getElementById('only-failed');
if (only) {
  only.parentElement.hidden = false;
  only.addEventListener('change', () => document.body.classList.toggle('only-failed', only.checked));
}
function unfold() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || target.tagName !== 'DETAILS') return;
  document.body.classList.remove('only-failed');
  if (only) only.checked = false;
  target.open = true;
  target.scrollIntoView();
}
addEventListener('hashchange', unfold);
unfold();
)js";

}  // namespace o2lab
