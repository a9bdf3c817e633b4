// The static assets that go with a Worker: where they are, and a server of them.
export { type AssetFolder, assetFolder } from "./asset-folder.ts";
export { type AssetServer, startAssetServer } from "./asset-server.ts";
