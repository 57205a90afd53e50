#include "grimoire/generate/chat.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/model/llama.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {
namespace {

// Twelve letters and an end; a message is its content between bars.
class Chats : public ::testing::Test {
 protected:
  Chats() {
    Json vocab = Json::object();
    for (int64_t i = 0; i < 12; ++i) vocab.set(std::string(1, static_cast<char>('a' + i)), i);
    const Json model = Json::object({{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}});
    const Json bar = Json::object({{"id", 12}, {"content", "|"}, {"special", true}});
    tokenizer_ = parse_tokenizer(Json::object({{"model", model}, {"added_tokens", Json::array({bar})}}).dump(), "letters",
                                 Json::object({{"eos_token", "|"}, {"chat_template", "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"}}));
    Rng rng(RngMode::philox, 3);
    LlamaConfig shape{.vocab_size = 13, .context = 48, .n_embd = 16, .n_layer = 2, .n_head = 4, .n_kv_head = 2};
    model_ = std::make_unique<Llama>(shape, rng);
  }
  std::string answer(Chat& chat, uint64_t seed = 1) {
    Rng rng(RngMode::philox, seed);
    std::string told;
    const std::string text = chat.answer({.max_new_tokens = 8, .ends = {12}}, rng, {.text = [&](const std::string& more) { told += more; }});
    EXPECT_EQ(told, text) << "what is told is the answer";
    return text;
  }
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<Llama> model_;
};

TEST_F(Chats, AnswersAreThoseOfTheWholeConversationReadAnew) {
  Chat chat(*model_, *tokenizer_);
  chat.say("user", "abc");
  const std::string first = answer(chat);
  chat.say("user", "lkj");
  const std::string second = answer(chat, 2);
  EXPECT_NE(first, second);
  Rng rng(RngMode::philox, 2);
  const std::vector<int64_t> read = tokenizer_->encode_with("abc|" + first + "|lkj|", {.special_tokens = false}).ids;
  EXPECT_EQ(tokenizer_->decode(Writer(*model_).write(read, {.max_new_tokens = 8, .ends = {12}}, rng)), second);
  ASSERT_EQ(chat.messages().size(), 4u);
  EXPECT_EQ(chat.messages()[3].text("role"), "assistant");
}

TEST_F(Chats, AStopEndsTheAnswerAndIsLeftOut) {
  Chat chat(*model_, *tokenizer_);
  chat.say("user", "abc");
  const std::string whole = answer(chat), stop = whole.substr(2, 2);
  ASSERT_GE(whole.size(), 5u);
  ASSERT_EQ(whole.find(stop), 2u);
  chat.undo();
  chat.say("user", "abc");
  Rng rng(RngMode::philox, 1);
  std::string told;
  const auto tell = [&](const std::string& more) { told += more; };
  EXPECT_EQ(chat.answer({.max_new_tokens = 8, .stop = {stop}, .ends = {12}}, rng, {.text = tell}), whole.substr(0, 2));
  EXPECT_EQ(told, whole.substr(0, 2));
  EXPECT_EQ(chat.messages()[1].text("content"), whole.substr(0, 2));
}

TEST_F(Chats, TakeBackAndBeginAnew) {
  Chat chat(*model_, *tokenizer_);
  chat.say("system", "kk");
  chat.say("user", "abc");
  const std::string first = answer(chat);
  chat.say("user", "lkj");
  answer(chat, 2);
  EXPECT_TRUE(chat.undo());
  EXPECT_EQ(chat.messages().size(), 3u);
  EXPECT_TRUE(chat.undo());
  EXPECT_FALSE(chat.undo()) << "what the system said stays";
  chat.say("user", "abc");
  EXPECT_EQ(answer(chat), first);
  chat.reset();
  ASSERT_EQ(chat.messages().size(), 1u);
  EXPECT_EQ(chat.messages()[0].text("role"), "system");
}

TEST_F(Chats, SayWhenThereIsNoRoom) {
  Chat chat(*model_, *tokenizer_);
  chat.say("user", std::string(40, 'a'));
  EXPECT_EQ(answer(chat).size(), 2 * 7u - 1) << "seven letters with spaces between: 41 tokens of 48, and an end that does not come";
  EXPECT_TRUE(chat.full());
  chat.reset();
  chat.say("user", std::string(39, 'a'));
  answer(chat);
  EXPECT_TRUE(chat.full()) << "asked for 8, with room for 8";
  chat.reset();
  chat.say("user", std::string(38, 'a'));
  answer(chat);
  EXPECT_FALSE(chat.full());
  chat.reset();
  chat.say("user", std::string(38, 'a'));
  EXPECT_TRUE(chat.has_room());
  chat.reset();
  chat.say("user", std::string(47, 'a'));
  EXPECT_FALSE(chat.has_room());
  Rng rng(RngMode::philox, 1);
  try {
    chat.answer({}, rng);
    FAIL() << "48 tokens of 48";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
  }
  EXPECT_THROW(Chat(*model_, *parse_tokenizer(tokenizer_->to_json().dump(), "letters")), Error) << "no template";
}

}  // namespace
}  // namespace grim
