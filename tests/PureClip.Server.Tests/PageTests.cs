using System.Net;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace PureClip.Server.Tests;

/// <summary>
/// The page in a real browser, without a head: Debian's chromium, or what CHROMIUM names. Without one these tests say so and are skipped.
/// PURECLIP_SCREENSHOTS names a folder for pictures of it.
/// </summary>
public sealed class PageTests(SearchServer shared, ITestOutputHelper output) : IClassFixture<SearchServer>
{
    private static readonly string? Chromium = new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium" }.FirstOrDefault(File.Exists);

    private readonly List<string> _foreign = [], _errors = [];

    [BrowserFact]
    public Task Words_find_a_wall_of_pictures() => BrowseAsync(async page =>
    {
        await page.GetByPlaceholder("What are you looking for?").FillAsync("alien");
        await ExpectFirstAsync(page, "photos/alien.png");
        await Assertions.Expect(page.Locator("#status")).ToContainTextAsync("of 61 pictures");
        Assert.NotEmpty(await page.Locator("#wall .score").First.InnerTextAsync());
        await Assertions.Expect(page.Locator("#welcome")).ToBeHiddenAsync();
        await ShootAsync(page, "words");
        await page.ReloadAsync(); // the address holds the query
        await ExpectFirstAsync(page, "photos/alien.png");
    });

    [BrowserFact]
    public Task Pictures_are_dropped_added_and_taken_away() => BrowseAsync(async page =>
    {
        await ShootAsync(page, "welcome");
        await DropAsync(page, Path.Combine(shared.Photos, "red-apple.png"));
        await ExpectFirstAsync(page, "photos/red-apple.png");
        await page.Locator("#words").FillAsync("+ green - text");
        await Assertions.Expect(page.Locator("#chips li")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("#wall li")).ToHaveCountAsync(60);
        await ShootAsync(page, "sum");
        await page.Locator("#chips .sign").ClickAsync();
        await Assertions.Expect(page.Locator("#chips li.minus")).ToHaveCountAsync(1);
        await page.Locator("#chips .gone").ClickAsync();
        await Assertions.Expect(page.Locator("#chips li")).ToHaveCountAsync(0);
    });

    [BrowserFact]
    public Task A_picture_is_the_next_query_and_has_labels() => BrowseAsync(async page =>
    {
        await page.Locator("#words").FillAsync("alien");
        await ExpectFirstAsync(page, "photos/alien.png");
        await page.Locator("#wall .tile").First.ClickAsync();
        await page.Locator("#labels").FillAsync("alien, car, house");
        await Assertions.Expect(page.Locator("#probabilities li")).ToHaveCountAsync(3);
        await Assertions.Expect(page.Locator("#probabilities li").First).ToContainTextAsync("alien");
        await ShootAsync(page, "detail");
        await page.GetByRole(AriaRole.Button, new() { Name = "More like this", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#chips img")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("#words")).ToHaveValueAsync("");
        await ExpectFirstAsync(page, "photos/alien.png");
        await page.GoBackAsync();
        await Assertions.Expect(page.Locator("#words")).ToHaveValueAsync("alien");
    });

    [BrowserFact]
    public Task Heat_shows_where_words_are() => BrowseAsync(async page =>
    {
        const string Painted = "() => [...document.querySelector('#heat').getContext('2d').getImageData(0, 0, 480, 480).data].some(x => x > 0)";
        await page.Locator("#words").FillAsync("alien + eyes - text");
        await ExpectFirstAsync(page, "photos/alien.png");
        await page.Locator("#wall .tile").First.ClickAsync();
        await Assertions.Expect(page.Locator("#where")).ToHaveValueAsync("alien, eyes");
        await Assertions.Expect(page.Locator("#heat")).ToBeHiddenAsync();
        await page.Locator("#where-show").ClickAsync();
        await Assertions.Expect(page.Locator("#where-texts button")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator("#heat")).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>(Painted));
        await ShootAsync(page, "heat");
        string first = await page.EvaluateAsync<string>("document.querySelector('#heat').toDataURL()");
        await page.Locator("#where-texts button").Last.ClickAsync();
        Assert.NotEqual(first, await page.EvaluateAsync<string>("document.querySelector('#heat').toDataURL()"));
        await page.Locator("#where").FillAsync("mouth");
        await Assertions.Expect(page.Locator("#where-texts button")).ToHaveCountAsync(1);
        await page.Locator("#theme").EvaluateAsync("button => button.click()");
        await ShootAsync(page, "heat-other-light");
        await page.Locator("#where-show").ClickAsync();
        await Assertions.Expect(page.Locator("#heat")).ToBeHiddenAsync();
    });

    [BrowserFact]
    public Task Concepts_are_added_then_taken_away_then_left_out() => BrowseAsync(async page =>
    {
        ILocator concept = page.Locator("#concepts button");
        await page.Locator("#words").FillAsync("apple");
        foreach (string sign in new[] { "1", "-1", "0" })
        {
            await concept.ClickAsync();
            await Assertions.Expect(concept).ToHaveAttributeAsync("data-sign", sign);
        }
    });

    [BrowserFact]
    public Task Hands_need_no_mouse() => BrowseAsync(async page =>
    {
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("alien");
        await ExpectFirstAsync(page, "photos/alien.png");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#detail-name")).ToHaveTextAsync("photos/alien.png");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#detail")).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("m");
        await Assertions.Expect(page.Locator("#chips li")).ToHaveCountAsync(1);
    });

    [BrowserFact]
    public async Task Words_become_pictures()
    {
        // Noise, unless one that has learnt is named, for pictures of the page.
        string generator = Environment.GetEnvironmentVariable("PURECLIP_GENERATOR") ?? shared.GeneratorPath;
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Options with { Indexes = [new("photos", shared.IndexPath)], Generators = [new("draws", generator)] });
        await BrowseAsync(async page =>
        {
            await page.Locator("#words").FillAsync("a red hat");
            await Assertions.Expect(page.Locator("#wall li")).ToHaveCountAsync(60);
            await page.Locator("#draw-open").ClickAsync();
            await Assertions.Expect(page.Locator("#drawn img")).ToHaveCountAsync(4);
            await Assertions.Expect(page.Locator("#draw-status")).ToContainTextAsync("draws");
            string first = (await page.Locator("#drawn img").First.GetAttributeAsync("src"))!;
            await ShootAsync(page, "draw");
            await page.Locator("#draw-seed").FillAsync("7");
            await page.Locator("#draw-form .main").ClickAsync();
            await Assertions.Expect(page.Locator("#drawn img").First).Not.ToHaveAttributeAsync("src", first);
            await page.Locator("#draw-seed").FillAsync("1");
            await page.Locator("#draw-style").SelectOptionAsync(new SelectOptionValue { Index = 1 });
            await Assertions.Expect(page.Locator("#drawn.waits")).ToHaveCountAsync(0);
            await page.Locator("#drawn .tile").First.ClickAsync(); // a drawing is the next question
            await Assertions.Expect(page.Locator("#chips img")).ToHaveCountAsync(1);
            await Assertions.Expect(page.Locator("#words")).ToHaveValueAsync("");
            await Assertions.Expect(page.Locator("#wall li")).ToHaveCountAsync(60);
            await page.Locator("#words").FillAsync("- red");
            await page.Locator("#draw-form .main").ClickAsync(); // and sums are drawn
            await Assertions.Expect(page.Locator("#drawn.waits")).ToHaveCountAsync(0);
            await Assertions.Expect(page.Locator("#draw-status")).Not.ToHaveClassAsync("error");
            await ShootAsync(page, "draw-sum");
        }, address: server.Address);
        await BrowseAsync(async page =>
        {
            await page.Locator("#words").FillAsync("a red hat");
            await page.Locator("#draw-open").ClickAsync();
            await Assertions.Expect(page.Locator("#drawn img")).ToHaveCountAsync(4);
            Assert.False(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > innerWidth"));
            await ShootAsync(page, "draw-phone-night");
        }, new() { ViewportSize = new() { Width = 390, Height = 844 }, ColorScheme = ColorScheme.Dark, HasTouch = true }, server.Address);
    }

    [BrowserFact]
    public async Task Phones_and_nights_have_it_too()
    {
        foreach ((string name, int width, int height, ColorScheme scheme) in new[]
        {
            ("phone", 390, 844, ColorScheme.Light), ("phone-night", 390, 844, ColorScheme.Dark), ("night", 1280, 860, ColorScheme.Dark),
        })
            await BrowseAsync(async page =>
            {
                await page.Locator("#words").FillAsync("face");
                await Assertions.Expect(page.Locator("#wall li")).ToHaveCountAsync(60);
                Assert.False(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > innerWidth"));
                await ShootAsync(page, name);
                await page.Locator("#wall .tile").First.ClickAsync();
                await page.Locator("#labels").FillAsync("angry face, cat, car");
                await Assertions.Expect(page.Locator("#probabilities li")).ToHaveCountAsync(3);
                await ShootAsync(page, name + "-detail");
            }, new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme, HasTouch = width < 500 });
    }

    [BrowserFact]
    public async Task A_key_is_asked_for_once()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            RunningServer.Options with { Indexes = [new("photos", shared.IndexPath)], ApiKeys = ["open sesame"] });
        await BrowseAsync(async page =>
        {
            await page.Locator("#key").FillAsync("open sesame");
            await page.Keyboard.PressAsync("Enter");
            await page.Locator("#words").FillAsync("alien");
            await ExpectFirstAsync(page, "photos/alien.png");
            await Assertions.Expect(page.Locator("#wall img").First).ToHaveJSPropertyAsync("complete", true);
            Assert.Equal(0, await page.Locator(".tile.broken").CountAsync());
            await Assertions.Expect(page.Locator("#draw-open")).ToBeHiddenAsync(); // nothing draws there
        }, address: server.Address, mayFail: true);
    }

    private static async Task ExpectFirstAsync(IPage page, string key) =>
        await Assertions.Expect(page.Locator("#wall .tile").First).ToHaveAttributeAsync("title", key);

    /// <summary>Drops a file as a hand does: the browser's own events, with a file in them.</summary>
    private static async Task DropAsync(IPage page, string file)
    {
        IJSHandle data = await page.EvaluateHandleAsync(
            """
            bytes => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], 'dropped.png', { type: 'image/png' }));
              return data;
            }
            """,
            Convert.ToBase64String(await File.ReadAllBytesAsync(file)));
        foreach (string type in new[] { "dragenter", "dragover", "drop" })
            await page.DispatchEventAsync("main", type, new { dataTransfer = data });
    }

    private async Task BrowseAsync(
        Func<IPage, Task> visit, BrowserNewContextOptions? options = null, Uri? address = null, bool mayFail = false)
    {
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        await using IBrowserContext context = await browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 860 } });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        Assertions.SetDefaultExpectTimeout(60_000);
        address ??= shared.Server.Address;
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address.AbsoluteUri, StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                _foreign.Add(request.Url);
        };
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _errors.Add(message.Text);
        };
        await page.GotoAsync(address.AbsoluteUri);
        await visit(page);
        Assert.Empty(_foreign);
        if (!mayFail)
            Assert.Empty(_errors);
    }

    private async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("PURECLIP_SCREENSHOTS") is not string folder)
            return;
        await page.WaitForTimeoutAsync(700); // pictures appear
        string path = Path.Combine(folder, name + ".png");
        await page.ScreenshotAsync(new() { Path = path });
        output.WriteLine(path);
    }

    /// <summary>A test that needs a browser.</summary>
    private sealed class BrowserFactAttribute : FactAttribute
    {
        public BrowserFactAttribute()
        {
            if (Chromium is null)
                Skip = "There is no browser: install Debian's chromium, or name one in CHROMIUM.";
        }
    }
}

/// <summary>The page's files as they are sent.</summary>
public sealed class PageFileTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Fact]
    public async Task Browsers_get_a_page_that_talks_with_this_server_alone()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/") { Headers = { { "Accept", "text/html,application/xhtml+xml" } } };
        using HttpResponseMessage response = await shared.Server.Client.SendAsync(request);
        string html = await response.Content.ReadAsStringAsync();
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (string name in new[] { "page.css", "page.js", "icon.svg" })
        {
            Assert.Contains(name, html, StringComparison.Ordinal);
            Answer file = await shared.Server.GetAsync("/" + name);
            Assert.Equal(HttpStatusCode.OK, file.Status);
            Assert.DoesNotContain("https://", file.Text, StringComparison.Ordinal);
            using HttpRequestMessage again = new(HttpMethod.Get, "/" + name) { Headers = { { "If-None-Match", file.Headers.ETag!.ToString() } } };
            using HttpResponseMessage same = await shared.Server.Client.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        }
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
    }
}
