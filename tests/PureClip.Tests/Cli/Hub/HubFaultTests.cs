using System.Net;

namespace PureClip.Tests.Cli.Hub;

/// <summary>What can go wrong between here and the hub, and what becomes of it.</summary>
public sealed class HubFaultTests : IDisposable
{
    private const string Repository = "someone/pictograms";

    private readonly HubHome _home = new();

    public HubFaultTests() => _home.Hub.With(Repository, HubHome.Model);

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, 55)]
    [InlineData(HttpStatusCode.InternalServerError, 1)]
    [InlineData(HttpStatusCode.BadGateway, 1)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 1)]
    [InlineData(HttpStatusCode.GatewayTimeout, 1)]
    [InlineData(HttpStatusCode.RequestTimeout, 1)]
    public void What_fails_for_a_while_is_asked_again_after_a_wait_that_is_said(HttpStatusCode status, int seconds)
    {
        _home.Hub.Faults = new() { First = (status, 2) };
        CommandResult got = _home.Run("get", Repository);
        Assert.Equal(0, got.ExitCode);
        Assert.Contains($"answers {(int)status} ", got.Error);
        Assert.Contains($"trying again in {seconds} s.", got.Error);
        Assert.Equal(seconds, _home.Waits[0].TotalSeconds);
        Assert.Equal(seconds == 1 ? 2 : seconds, _home.Waits[1].TotalSeconds);
    }

    [Fact]
    public void What_fails_for_long_is_given_up()
    {
        _home.Hub.Faults = new() { First = (HttpStatusCode.ServiceUnavailable, 100) };
        CommandResult got = _home.Run("get", Repository);
        got.AssertFails(1, "503", "tried 6 times");
        Assert.Equal([1, 2, 4, 8, 8], _home.Waits.Select(wait => wait.TotalSeconds));
    }

    [Theory]
    [InlineData(4_000_000, false)]
    [InlineData(300_000, false)]
    [InlineData(4_000_000, true)]
    public void A_line_that_is_cut_goes_on_where_it_was_however_often(int bytes, bool isChunked)
    {
        _home.Hub.Faults = new() { Cut = bytes, NoLength = isChunked };
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.Contains(_home.Hub.Requests, request => request is { IsCdn: true, Range: not null });
        Assert.Equal(0, _home.Run("embed", CommandLine.Cat, "--model", Repository).ExitCode);
    }

    [Fact]
    public void A_line_that_is_cut_and_cannot_go_on_is_given_up_and_the_part_kept()
    {
        _home.Hub.Faults = new() { Cut = 4_000_000, IgnoresRanges = true };
        CommandResult got = _home.Run("get", Repository);
        got.AssertFails(1, "was cut", "tried 6 times", "the same command goes on");
        Assert.Contains(_home.Files, file => file.EndsWith(".part", StringComparison.Ordinal));
        _home.Hub.Faults = new() { IgnoresRanges = true };
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
    }

    [Fact]
    public void Silence_has_an_end()
    {
        _home.Environment["HF_HUB_DOWNLOAD_TIMEOUT"] = "1";
        _home.Hub.Faults = new() { Stall = 6_000_000 };
        CommandResult got = _home.Run("get", Repository);
        Assert.Equal(0, got.ExitCode);
        Assert.Contains("has sent nothing for 1 s", got.Error);
    }

    [Fact]
    public void A_wrong_byte_is_found_and_nothing_is_kept()
    {
        _home.Hub.Faults = new() { WrongSum = true };
        _home.Run("get", Repository).AssertFails(1, "another sum", "model.safetensors");
        Assert.DoesNotContain(_home.Files, file => file.Contains("model.safetensors", StringComparison.Ordinal));
    }

    [Fact]
    public void A_part_that_does_not_fit_is_fetched_anew()
    {
        byte[] weights = HubHome.Model.Single(file => file.Path == "model.safetensors").Content;
        _home.Folder.Write($"home/models/someone/.pictograms.part/model.safetensors.{FakeHub.Sha256(weights)[..12]}.part", new byte[5_000_000]);
        CommandResult got = _home.Run("get", Repository);
        Assert.Equal(0, got.ExitCode);
        Assert.Contains("fetched anew", got.Error);
    }

    [Fact]
    public void More_bytes_than_were_named_are_not_taken()
    {
        _home.Hub.Faults = new() { TooMany = 10 };
        _home.Run("get", Repository).AssertFails(1, "more than the");
        Assert.Empty(_home.Files);
    }

    [Fact]
    public void An_address_that_has_expired_is_asked_for_again()
    {
        _home.Hub.Faults = new() { Expired = 2 };
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.Equal(3, _home.Hub.Requests.Count(request => request.IsCdn));
    }

    [Theory]
    [InlineData(true, false, "wants terms to be accepted", "HF_TOKEN")]
    [InlineData(false, true, "no such model, or it is private", "HF_TOKEN")]
    public void What_needs_a_token_says_so_and_takes_it(bool isGated, bool isPrivate, params string[] words)
    {
        _home.Hub.Faults = new() { Gated = isGated, Private = isPrivate };
        _home.Run("get", Repository).AssertFails(1, words);
        Assert.Empty(_home.Files);
        _home.Environment["HF_TOKEN"] = $" {FakeHub.GoodToken}\n";
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
    }

    [Fact]
    public void The_token_goes_to_the_hub_and_to_nobody_else()
    {
        _home.Folder.Write("huggingface/token", "hf_good\n"u8);
        _home.Hub.Faults = new() { Gated = true, Renamed = true };
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.All(_home.Hub.Requests, request => Assert.Equal(request.IsCdn ? null : "Bearer hf_good", request.Token));
        Assert.Contains(_home.Hub.Requests, request => request.Path.Contains("pictograms-new", StringComparison.Ordinal));
        Assert.Contains(_home.Hub.Requests, request => request.IsCdn);
    }

    [Fact]
    public void A_wrong_token_is_named_with_its_place()
    {
        _home.Environment["HF_TOKEN"] = "hf_old";
        _home.Run("get", Repository).AssertFails(1, "does not know the token from HF_TOKEN");
        _home.Environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
    }

    [Fact]
    public void A_model_that_does_not_exist_is_an_error() =>
        _home.Run("get", "someone/else").AssertFails(1, "someone/else", "no such model", "from HF_ENDPOINT");

    [Fact]
    public void A_login_page_is_no_model()
    {
        _home.Hub.Faults = new() { Html = true };
        _home.Run("get", Repository).AssertFails(1, "is not the hub", "log-in page");
        Assert.Empty(_home.Files);
    }

    [Fact]
    public void A_circle_of_redirects_ends()
    {
        _home.Hub.Faults = new() { Loop = true };
        _home.Run("get", Repository).AssertFails(1, "in a circle");
    }

    [Fact]
    public void A_listing_without_sizes_and_sums_is_enough()
    {
        _home.Hub.Faults = new() { NoSizes = true };
        Assert.Equal(0, _home.Run("get", Repository).ExitCode);
        Assert.Equal(0, _home.Run("embed", CommandLine.Cat, "--model", Repository).ExitCode);
    }

    [Fact]
    public void A_hub_that_is_not_there_is_an_error()
    {
        _home.Hub.Dispose();
        _home.Run("get", Repository).AssertFails(1, "cannot be reached", "HF_ENDPOINT names", "tried 6 times");
    }

    [Fact]
    public void An_empty_repository_is_no_model()
    {
        _home.Hub.With("someone/empty", ("README.md", "hello"u8.ToArray()));
        _home.Run("get", "someone/empty").AssertFails(1, "no weights that are known", "it is empty");
    }
}
