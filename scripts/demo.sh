#!/usr/bin/env bash
# Builds the compiler if that is not done and runs the demo: the attention of a sentence-embedding model, described in a few lines,
# compiled for this CPU, against PyTorch's. Arguments go to examples/minilm/demo.py (--help lists them).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

attn_install_packages
attn_prepare_python
attn_build release
PYTHONPATH="$attn_root/build/python${PYTHONPATH:+:$PYTHONPATH}" exec "$attn_python" "$attn_root/examples/minilm/demo.py" "$@"
