// The architectures that come with the library. A new one adds its header and the function that describes it, here and nowhere else.
#pragma once

#include "grimoire/model/bart.h"
#include "grimoire/model/bert.h"
#include "grimoire/model/bigram.h"
#include "grimoire/model/bow.h"
#include "grimoire/model/conv_seq2seq.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/gpt_neox.h"
#include "grimoire/model/llama.h"
#include "grimoire/model/mlp.h"
#include "grimoire/model/neural_bigram.h"
#include "grimoire/model/ngram.h"
#include "grimoire/model/recurrent.h"
#include "grimoire/model/rnn_attention.h"
#include "grimoire/model/rnn_seq2seq.h"
#include "grimoire/model/t5.h"
#include "grimoire/model/tcn.h"
#include "grimoire/model/text_cnn.h"
#include "grimoire/model/transfo_xl.h"
#include "grimoire/model/wavenet.h"

namespace grim {

inline constexpr Architecture (*kArchitectures[])() = {
    bigram_architecture,
    ngram_architecture,
    neural_bigram_architecture,
    mlp_architecture,
    bow_architecture,
    rnn_architecture,
    gru_architecture,
    lstm_architecture,
    wavenet_architecture,
    tcn_architecture,
    text_cnn_architecture,
    gpt_architecture,
    llama_architecture,
    mistral_architecture,
    qwen2_architecture,
    mixtral_architecture,
    gpt_neox_architecture,
    bloom_architecture,
    transfo_xl_architecture,
    bert_architecture,
    roberta_architecture,
    distilbert_architecture,
    electra_architecture,
    t5_architecture,
    bart_architecture,
    marian_architecture,
    transformer_architecture,
    rnn_seq2seq_architecture,
    rnn_attention_architecture,
    conv_seq2seq_architecture,
    transformer_seq2seq_architecture,
    bart_seq2seq_architecture,
    marian_seq2seq_architecture,
    t5_seq2seq_architecture,
};

}  // namespace grim
