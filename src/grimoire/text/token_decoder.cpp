#include "grimoire/text/token_decoder.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pattern.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

using Tokens = std::vector<std::string>;
using Made = std::unique_ptr<TokenDecoder>;

class Function final : public TokenDecoder {
 public:
  explicit Function(std::function<void(Tokens&)> f) : f_(std::move(f)) {}
  void apply(Tokens& tokens) const override { f_(tokens); }

 private:
  std::function<void(Tokens&)> f_;
};
Made function(std::function<void(Tokens&)> f) { return std::make_unique<Function>(std::move(f)); }

std::string replaced(std::string_view text, const Pattern& what, std::string_view with) {
  std::string out;
  size_t at = 0;
  each_match(what, text, [&](const Match& m) {
    out.append(text, at, m.begin - at) += with;
    at = m.end;
  });
  return out.append(text, at);
}
std::string replaced(std::string_view text, std::string_view what, std::string_view with) { return replaced(text, *literal_pattern(std::string(what)), with); }

void fuse(Tokens& tokens) {
  std::string whole;
  for (const std::string& t : tokens) whole += t;
  tokens = {std::move(whole)};
}

// English without the spaces that splitting put in.
std::string cleaned_up(std::string text) {
  constexpr std::pair<const char*, const char*> kSpacings[] = {{" .", "."},     {" ?", "?"},   {" !", "!"},           {" ,", ","},
                                                              {" ' ", "'"},   {" n't", "n't"}, {" 'm", "'m"}, {" do not", " don't"},
                                                              {" 's", "'s"},   {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [spaced, close] : kSpacings) text = replaced(text, spaced, close);
  return text;
}

Made byte_level(const Json&) {
  return function([](Tokens& tokens) {
    std::string bytes;
    for (const std::string& t : tokens) {
      const size_t before = bytes.size();
      for (size_t at = 0; at < t.size();) {
        const int byte = byte_of_symbol(next_code_point(t, at));
        if (byte < 0) {  // not written in byte symbols: as it is
          bytes.resize(before);
          bytes += t;
          break;
        }
        bytes += static_cast<char>(byte);
      }
    }
    tokens = {std::move(bytes)};
  });
}

Made wordpiece(const Json& json) {
  return function([prefix = json.text("prefix", "##"), cleanup = json.boolean("cleanup", true)](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0) tokens[i] = tokens[i].starts_with(prefix) ? tokens[i].substr(prefix.size()) : " " + tokens[i];
      if (cleanup) tokens[i] = cleaned_up(tokens[i]);
    }
  });
}

Made metaspace(const Json& json) {
  const bool prepended = json.text("prepend_scheme", json.boolean("add_prefix_space", true) ? "always" : "never") != "never";
  return function([mark = json.text("replacement", "\u2581"), prepended](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = replaced(tokens[i], mark, i == 0 && prepended ? "" : " ");
  });
}

Made bpe(const Json& json) {
  return function([suffix = json.text("suffix", "</w>")](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = replaced(tokens[i], suffix, i + 1 == tokens.size() ? "" : " ");
  });
}

Made ctc(const Json& json) {
  const std::string pad = json.text("pad_token", "<pad>"), space = json.text("word_delimiter_token", "|");
  return function([pad, space, cleanup = json.boolean("cleanup", true)](Tokens& tokens) {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& t : tokens) {
      t = replaced(t, pad, "");
      if (cleanup) t = replaced(cleaned_up(t), space, " ");
    }
    std::erase_if(tokens, [](const std::string& t) { return t.empty(); });
  });
}

Made replace(const Json& json) {
  const std::shared_ptr<const Pattern> what = pattern_in(json.at("pattern"));
  return function([what, with = json.text("content")](Tokens& tokens) {
    for (std::string& t : tokens) t = replaced(t, *what, with);
  });
}

Made strip(const Json& json) {
  return function([content = json.text("content"), start = json.integer("start"), stop = json.integer("stop")](Tokens& tokens) {
    for (std::string& t : tokens) {
      for (int64_t i = 0; i < start && t.starts_with(content); ++i) t.erase(0, content.size());
      for (int64_t i = 0; i < stop && t.ends_with(content); ++i) t.erase(t.size() - content.size());
    }
  });
}

Made byte_fallback(const Json&) {
  return function([](Tokens& tokens) {
    Tokens out;
    std::string bytes;
    const auto flush = [&] {
      if (bytes.empty()) return;
      if (!find_utf8_fault(bytes)) out.push_back(bytes);
      else out.insert(out.end(), bytes.size(), "\ufffd");
      bytes.clear();
    };
    for (std::string& t : tokens) {
      if (const std::optional<char> byte = byte_named(t)) {
        bytes += *byte;
      } else {
        flush();
        out.push_back(std::move(t));
      }
    }
    flush();
    tokens = std::move(out);
  });
}

Made sequence(const Json& json) {
  std::vector<std::shared_ptr<const TokenDecoder>> parts;
  for (const Json& part : json.list("decoders")) parts.push_back(make_token_decoder(part));
  return function([parts](Tokens& tokens) {
    for (const auto& part : parts) part->apply(tokens);
  });
}

struct Kind {
  const char* type;
  Made (*make)(const Json&);
};
constexpr Kind kKinds[] = {{"BPEDecoder", bpe},
                           {"ByteFallback", byte_fallback},
                           {"ByteLevel", byte_level},
                           {"CTC", ctc},
                           {"Fuse", [](const Json&) { return function(fuse); }},
                           {"Metaspace", metaspace},
                           {"Replace", replace},
                           {"Sequence", sequence},
                           {"Strip", strip},
                           {"WordPiece", wordpiece}};

}  // namespace

std::optional<char> byte_named(std::string_view token) {
  unsigned byte = 0;
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  const auto read = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  return read.ec == std::errc() && read.ptr == token.data() + 5 ? std::optional(static_cast<char>(byte)) : std::nullopt;
}

std::unique_ptr<TokenDecoder> make_token_decoder(const Json& json) {
  if (json.is_null())
    return function([](Tokens& tokens) {
      for (size_t i = 1; i < tokens.size(); ++i) tokens[i].insert(0, " ");
    });
  return made_by_type(kKinds, json, "decoder");
}

}  // namespace grim
