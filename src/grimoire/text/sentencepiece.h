// A text as SentencePiece itself takes it (normalizer.cc, sentencepiece_processor.cc of its 0.2): ids, offsets and decoding are its own, which a
// tokenizer.json comes close to and does not always reach.
#pragma once

#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/sentencepiece_model.h"

namespace grim {

// Rewrites by the table, the longest rule first; spaces at the ends and doubled ones go, the others get their mark; one is put before the text, or behind.
std::unique_ptr<Normalizer> sentencepiece_normalizer(const SentencePieceModel& model);
// At spaces, where no piece reaches over one; and around user-defined pieces, which BPE does not merge.
std::unique_ptr<PreTokenizer> sentencepiece_cuts(const SentencePieceModel& model);
std::unique_ptr<TokenDecoder> sentencepiece_decoder(const SentencePieceModel& model);

// The tokenizer, and what a tokenizer.json says of it. Control pieces are special tokens, which no text holds. `config`: tokenizer_config.json, whose
// add_bos_token, add_eos_token and tokenizer_class say what stands around a text; null: nothing does.
// throws: input, a class whose ids are not the file's
std::shared_ptr<const Tokenizer> make_sentencepiece(SentencePieceModel model, Json config = {});

}  // namespace grim
