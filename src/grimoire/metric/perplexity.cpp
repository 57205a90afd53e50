#include "grimoire/metric/perplexity.h"

#include <cmath>
#include <numbers>

namespace grim {
namespace {

double share(double nats, int64_t units) { return units > 0 ? nats / static_cast<double>(units) : NAN; }

}  // namespace

double Perplexity::token_nats() const { return share(nats, tokens); }
double Perplexity::token_bits() const { return token_nats() / std::numbers::ln2; }
double Perplexity::by_token() const { return std::exp(token_nats()); }
double Perplexity::by_word() const { return std::exp(share(nats, words)); }
double Perplexity::by_byte() const { return std::exp(share(nats, bytes)); }
double Perplexity::byte_bits() const { return share(nats, bytes) / std::numbers::ln2; }

}  // namespace grim
